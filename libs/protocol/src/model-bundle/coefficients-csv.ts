import type { ModelBundle } from './model-bundle.js';

type Column = ModelBundle['columns'][number];

const HEADER = ['name', 'source', 'unit', 'level', 'center', 'scale', 'coefficient', 'odds_ratio', 'odds_ratio_per'];

const field = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Six significant digits: enough for print, and the same text whatever the last bits of exp. */
const oddsRatio = (coefficient: number): string => String(Number(Math.exp(coefficient).toPrecision(6)));

function row(bundle: ModelBundle, column: Column, coefficient: number): readonly string[] {
  const input = bundle.inputs[column.source];
  if (column.kind === 'number' && input && input.type !== 'category' && input.type !== 'image') {
    const unit = input.unit ?? '';
    const per = unit === '' ? String(input.scale) : `${input.scale} ${unit}`;
    const constants = [String(input.center), String(input.scale)];
    return [column.name, column.source, unit, '', ...constants, String(coefficient), oddsRatio(coefficient), per];
  }
  if (column.kind === 'image' && input?.type === 'image') {
    const constants = [String(input.center), String(input.scale)];
    return [column.name, column.source, '', '', ...constants, String(coefficient), oddsRatio(coefficient), String(input.scale)];
  }
  const reference =
    input?.type === 'category' && column.kind === 'level' ? `${column.level} against ${input.levels[0]}` : 'missing against measured';
  return [column.name, column.source, '', column.level ?? '', '', '', String(coefficient), oddsRatio(coefficient), reference];
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
 * The table a paper prints: one line per input and the intercept; logit = intercept + Σ coefficient · (x − center)/scale,
 * levels and missing flags as 0 or 1. Coefficients are exact decimals.
 * @returns RFC 4180 text with LF line ends, or undefined for a model that is not a logistic regression
 */
export function coefficientsCsv(bundle: ModelBundle): string | undefined {
  if (bundle.model.type !== 'logistic-regression') return undefined;
  const [kernel, bias] = bundle.tensors;
  const rows = lines(bundle).map((column, index) => row(bundle, column, kernel?.values[index] ?? 0));
  const intercept = ['(intercept)', '', '', '', '', '', String(bias?.values[0] ?? 0), '', ''];
  return [HEADER, ...rows, intercept].map((cells) => `${cells.map(field).join(',')}\n`).join('');
}
