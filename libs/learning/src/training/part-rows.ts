import { layerTensors, parameterCount, type Layer, type Outcome } from '@consilium/protocol';

/**
 * Multiplications forward in one part, from which on taking a batch apart costs next to nothing (measured; see the README):
 * some 10 ms of a step on WebAssembly, and so many for each parameter, whose slopes every part reads back.
 */
const WORTH_A_PART = 2 ** 23;
const WORTH_A_PARAMETER = 128;
const LEAST_ROWS = 16;

/** Multiplications that one record needs on its way forward; the way back needs twice as many. */
function multiplications(layer: Layer): number {
  switch (layer.kind) {
    case 'dense':
      return layer.inputs * layer.units;
    case 'convolution':
      return layer.output.height * layer.output.width * layer.output.channels * layer.size ** 2 * layer.input.channels;
    case 'embedding':
      return layer.tokens * layer.units;
    default:
      return 0;
  }
}

/** Whether a batch's gradient is the sum of its rows' gradients: not where batches are normalised or risk sets compared. */
export const canBeParted = (layers: readonly Layer[], outcome: Outcome): boolean =>
  !layers.some(({ kind }) => kind === 'batchNorm') && !(outcome.type === 'survival' && outcome.intervals === undefined);

/**
 * Rows of each part of a batch, by the model alone: the same parts, added in the same order, give the same bits on any
 * number of cores.
 * @param batchRows - of the logical batch
 * @returns undefined where the batch stays whole
 */
export function partRows(layers: readonly Layer[], outcome: Outcome, batchRows: number): number | undefined {
  if (!canBeParted(layers, outcome)) return undefined;
  const worthIt = Math.max(WORTH_A_PART, WORTH_A_PARAMETER * parameterCount(layers.flatMap(layerTensors)));
  const perRow = layers.reduce((sum, layer) => sum + multiplications(layer), 0);
  let rows = LEAST_ROWS;
  while (rows < batchRows && rows * perRow < worthIt) rows *= 2;
  return rows < batchRows ? rows : undefined;
}

/** The parts of a batch in their order; the last may be short. */
export function partsOf(chosen: Uint32Array, rows: number): readonly Uint32Array[] {
  return Array.from({ length: Math.ceil(chosen.length / rows) }, (_, part) => chosen.subarray(part * rows, (part + 1) * rows));
}
