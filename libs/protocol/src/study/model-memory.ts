import type { InputShape, Layer } from './layers.js';

const imageSize = ({ height, width, channels }: Extract<InputShape, { kind: 'image' }>): number => height * width * channels;

/** Numbers that one layer makes of one record on the way forward; `before` came out of the layer before. */
function numbersMade(layer: Layer, before: number): number {
  switch (layer.kind) {
    case 'dense':
      return layer.units;
    case 'cuts':
      return layer.cuts;
    case 'convolution':
    case 'pool':
      return imageSize(layer.output);
    case 'globalAverage':
      return layer.input.channels;
    case 'flatten':
      return 0;
    case 'activation':
      return before;
    case 'embedding':
      return layer.tokens * layer.units + layer.units;
    default:
      // Norms: centred, squared, scaled, shifted.
      return 4 * before;
  }
}

function numbersOut(layer: Layer, before: number): number {
  switch (layer.kind) {
    case 'flatten':
      return imageSize(layer.input);
    case 'embedding':
      return layer.units;
    case 'groupNorm':
    case 'layerNorm':
    case 'batchNorm':
      return before;
    default:
      return numbersMade(layer, before);
  }
}

/** Numbers that an engine holds for one record while it goes through all layers. */
export function numbersForRecord(layers: readonly Layer[]): number {
  let before = 0;
  let total = 0;
  for (const layer of layers) {
    if (before === 0)
      before =
        'inputs' in layer ? layer.inputs : 'tokens' in layer ? layer.tokens : 'input' in layer && layer.input ? imageSize(layer.input) : 0;
    if (total === 0) total = before;
    total += numbersMade(layer, before);
    before = numbersOut(layer, before);
  }
  return total;
}

/**
 * Bytes that a step of training needs at a site, as an estimate within a factor of two: weights, slopes and new weights, and
 * for each row of the batch what goes forward and what comes back, in 32-bit floats.
 */
export function trainingBytes(layers: readonly Layer[], parameters: number, rows: number): number {
  return 4 * (3 * parameters + 2 * rows * numbersForRecord(layers));
}

/** Records that a private step holds at the least, and bytes that it keeps for each parameter: weights, mean, integers, sum. */
const PRIVATE_ROWS = 4;
const PRIVATE_BYTES_A_PARAMETER = 14;

/** Bytes that a step for single patients needs at once, at the least and as an estimate: its kernels have 4 GiB of memory. */
export function privateBytes(layers: readonly Layer[], parameters: number): number {
  return PRIVATE_BYTES_A_PARAMETER * parameters + 4 * 2 * PRIVATE_ROWS * numbersForRecord(layers);
}
