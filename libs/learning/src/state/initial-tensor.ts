import { layerTensors, parameterCount, type Layer, type TensorShape } from '@consilium/protocol';
import { randomWords } from '../random/random-words.js';

/** Where one tensor starts: everywhere the same number, or drawn uniformly from (−limit, limit). */
type Start = { readonly all: number } | { readonly limit: number };

/** Glorot and Bengio 2010, eq. 16, in and out counted over all places of a kernel. */
const glorot = (fanIn: number, fanOut: number): Start => ({ limit: Math.sqrt(6 / (fanIn + fanOut)) });

function start(layer: Layer, tensor: string): Start {
  if (tensor.endsWith('/scale') || tensor.endsWith('/variance')) return { all: 1 };
  if (!tensor.endsWith('/kernel')) return { all: 0 };
  switch (layer.kind) {
    case 'dense':
      return glorot(layer.inputs, layer.units);
    case 'cuts':
      return glorot(layer.inputs, 1);
    case 'convolution':
      return glorot(layer.size * layer.size * layer.input.channels, layer.size * layer.size * layer.output.channels);
    case 'embedding':
      // As fastText does (Joulin et al. 2016).
      return { limit: 1 / layer.units };
    default:
      return { all: 0 };
  }
}

/** Only + − × ÷ sqrt, so that every machine draws the same bits; (2·word + 1)/2^32 − 1 lies symmetrically in (−1, 1). */
function draw({ name, shape }: TensorShape, limit: number, seed: Uint8Array): Float64Array {
  const next = randomWords(`consilium/v1/initial weights/${name}`, seed);
  return Float64Array.from({ length: parameterCount([{ name, shape }]) }, () => ((2 * next() + 1) / 4294967296 - 1) * limit);
}

/**
 * Where the tensors of a network's layer start, in their order: kernels drawn, scales and running variances 1, all else 0.
 * Padding, the first row of an embedding, is 0.
 * @param seed - of the study
 */
export function initialTensors(layer: Layer, seed: Uint8Array): readonly Float64Array[] {
  return layerTensors(layer).map((tensor) => {
    const begin = start(layer, tensor.name);
    if ('all' in begin) return new Float64Array(parameterCount([tensor])).fill(begin.all);
    const values = draw(tensor, begin.limit, seed);
    return layer.kind === 'embedding' ? values.fill(0, 0, layer.units) : values;
  });
}
