import type { InputShape, Layer } from '@consilium/protocol';
import { Bend } from './bend.js';
import { Convolution } from './convolution.js';
import { Cuts } from './cuts.js';
import { Dense } from './dense.js';
import { Embedding } from './embedding.js';
import { GlobalAverage } from './global-average.js';
import type { Workspace } from './kernels.js';
import { Norm } from './norm.js';
import { Pool } from './pool.js';
import { isWeighted, type PrivateLayer } from './private-layer.js';
import { signal, type Signal } from './signal.js';

const sizeOf = ({ height, width, channels }: Extract<InputShape, { kind: 'image' }>): number => height * width * channels;

/**
 * The private forms of a model's layers, each on what the one before it gives.
 * @param rows - records that are worked on together
 * @throws TypeError for a layer without a private form: StudyFile refuses such a study
 */
export function layersOn(
  workspace: Workspace,
  stack: readonly Layer[],
  rows: number,
  first: Signal,
): { readonly layers: readonly PrivateLayer[]; readonly last: Signal } {
  const layers: PrivateLayer[] = [];
  let last = first;
  const next = (width: number): readonly [Signal, Signal, boolean] => {
    const input = last;
    last = signal(workspace, rows, width);
    return [input, last, !layers.some(isWeighted)];
  };
  for (const layer of stack)
    switch (layer.kind) {
      case 'dense':
        if (!layer.bias) throw new TypeError('a dense layer without a bias is for Cox regression, which mixes patients');
        layers.push(new Dense(workspace, ...next(layer.units)));
        break;
      case 'cuts':
        layers.push(new Cuts(workspace, rows, ...next(layer.cuts)));
        break;
      case 'activation':
        layers.push(new Bend(workspace, layer.activation, last));
        break;
      case 'convolution':
        layers.push(new Convolution(workspace, rows, layer, ...next(sizeOf(layer.output))));
        break;
      case 'groupNorm': {
        const { height, width, channels } = layer.input;
        layers.push(new Norm(workspace, rows, { places: height * width, channels, groups: layer.groups }, last));
        break;
      }
      case 'layerNorm':
        layers.push(new Norm(workspace, rows, { places: 1, channels: layer.units, groups: 1 }, last));
        break;
      case 'embedding': {
        const [input, output] = next(layer.units);
        layers.push(new Embedding(workspace, rows, layer, input, output));
        break;
      }
      case 'pool': {
        const [input, output] = next(sizeOf(layer.output));
        layers.push(new Pool(workspace, layer, input, output));
        break;
      }
      case 'globalAverage': {
        const [input, output] = next(layer.input.channels);
        layers.push(new GlobalAverage(workspace, layer, input, output));
        break;
      }
      case 'flatten':
        // An image lies in its signal as one vector already.
        break;
      case 'batchNorm':
        throw new TypeError('batch normalisation mixes patients and has no private form');
    }
  return { layers, last };
}
