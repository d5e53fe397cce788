import { layerTensors, numbersForRecord, parameterCount, type Layer } from '@consilium/protocol';

/** Few enough numbers of all layers together (16 MiB) that they stay near the processor; more than 128 rows gain nothing. */
const NUMBERS_TOGETHER = 2 ** 22;
const MOST_ROWS = 128;
/** Products that take as long as one parameter's pass through rounding, check and sum. */
const PRODUCTS = 4;

/** How many records a private step works on at once: a multiple of 4. No record's numbers depend on it. */
export function rowsTogether(layers: readonly Layer[]): number {
  const gradients = layers.filter(({ kind }) => kind === 'convolution').flatMap(layerTensors);
  const numbers = 2 * numbersForRecord(layers) + parameterCount(gradients);
  return Math.max(4, Math.min(MOST_ROWS, Math.floor(NUMBERS_TOGETHER / numbers / 4) * 4));
}

/** What one record costs in a private step, in nanoseconds or so. */
export function workOfRecord(layers: readonly Layer[]): number {
  const work = (layer: Layer): number => {
    const parameters = parameterCount(layerTensors(layer));
    if (layer.kind === 'convolution') return (parameters * layer.output.height * layer.output.width) / PRODUCTS;
    return layer.kind === 'embedding' ? layer.tokens * layer.units : parameters;
  };
  return layers.reduce((sum, layer) => sum + work(layer), 0);
}
