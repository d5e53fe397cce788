import type { ModelBundle } from './model-bundle.js';

type Column = ModelBundle['columns'][number];

/** What e to the power of a coefficient is, for models of one score. */
const RATIOS: Partial<Record<ModelBundle['model']['type'], string>> = {
  'logistic-regression': 'odds_ratio',
  'poisson-regression': 'rate_ratio',
  'cox-regression': 'hazard_ratio',
};

const header = (ratio: string) => ['name', 'source', 'unit', 'level', 'center', 'scale', 'coefficient', ratio, `${ratio}_per`];

const field = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Six significant digits: enough for print, and the same text whatever the last bits of exp. */
const ratioOf = (coefficient: number): string => String(Number(Math.exp(coefficient).toPrecision(6)));

function row(bundle: ModelBundle, column: Column, coefficient: number): readonly string[] {
  const input = bundle.inputs[column.source];
  if (column.kind === 'number' && input && input.type !== 'category' && input.type !== 'image') {
    const unit = input.unit ?? '';
    const per = unit === '' ? String(input.scale) : `${input.scale} ${unit}`;
    const constants = [String(input.center), String(input.scale)];
    return [column.name, column.source, unit, '', ...constants, String(coefficient), ratioOf(coefficient), per];
  }
  if (column.kind === 'image' && input?.type === 'image') {
    const constants = [String(input.center), String(input.scale)];
    return [column.name, column.source, '', '', ...constants, String(coefficient), ratioOf(coefficient), String(input.scale)];
  }
  const reference =
    input?.type === 'category' && column.kind === 'level' ? `${column.level} against ${input.levels[0]}` : 'missing against measured';
  return [column.name, column.source, '', column.level ?? '', '', '', String(coefficient), ratioOf(coefficient), reference];
}

/** A line for each coefficient: an image has one a pixel and channel, named by row, column and channel from 0. */
function lines({ columns }: ModelBundle): readonly Column[] {
  return columns.flatMap((column) => {
    if (!column.shape) return [column];
    const [height, width, channels] = column.shape;
    return Array.from({ length: height * width * channels }, (_, at) => {
      const place = [Math.floor(at / channels / width), Math.floor(at / channels) % width, at % channels];
      return { ...column, name: `${column.source}[${place.join(',')}]` };
    });
  });
}

/**
 * The table a paper prints: one line per input, and the intercept where the model has one; logit, or logarithm of a rate or
 * hazard, = intercept + Σ coefficient · (x − center)/scale, levels and missing flags as 0 or 1. Coefficients are exact
 * decimals.
 * @returns RFC 4180 text with LF line ends, or undefined for a model that is not of one score without layers in between
 */
export function coefficientsCsv(bundle: ModelBundle): string | undefined {
  const ratio = RATIOS[bundle.model.type];
  if (ratio === undefined || bundle.outcome.type === 'class') return undefined;
  const [kernel, bias] = bundle.tensors;
  const own = (tensor: typeof kernel): string =>
    tensor && bundle.localTensors?.includes(tensor.name) ? ' (where training began: each site has its own)' : '';
  const rows = lines(bundle).map((column, index) => {
    const [name = '', ...cells] = row(bundle, column, kernel?.values[index] ?? 0);
    return [`${name}${own(kernel)}`, ...cells];
  });
  const intercept = bias ? [[`(intercept)${own(bias)}`, '', '', '', '', '', String(bias.values[0] ?? 0), '', '']] : [];
  return [header(ratio), ...rows, ...intercept].map((cells) => `${cells.map(field).join(',')}\n`).join('');
}
