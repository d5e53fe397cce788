import type { Layer } from '@consilium/protocol';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { LayerPass, LayerTensors } from '../layers/layer-pass.js';
import { runLayer } from '../layers/run-layer.js';
import type { Weights } from './weights.js';

/** Records on the engine: x [rows, …] as the first layer takes it, and x transposed where that layer can use it. */
export interface NetworkInput {
  readonly x: Tensor;
  readonly transposed?: Tensor2D | undefined;
}

/** What a batch left in each layer, the first one first. */
export type NetworkPass = readonly { readonly layer: Layer; readonly input: Tensor; readonly pass: LayerPass }[];

/** Runs a batch through all layers. Call it, and what uses its result, within one `tf.tidy`. */
export function runNetwork(tf: Engine, layers: readonly Layer[], weights: Weights, input: NetworkInput, training: boolean): NetworkPass {
  const passes: NetworkPass[number][] = [];
  let x = input.x;
  for (const [index, layer] of layers.entries()) {
    const pass = runLayer(tf, layer, index === 0 ? input : { x }, weights, training);
    passes.push({ layer, input: x, pass });
    x = pass.output;
  }
  return passes;
}

/** What the last layer gave: [rows, outputs]. */
export function outputsOf(passes: NetworkPass): Tensor2D {
  const last = passes.at(-1);
  if (!last) throw new TypeError('a network has at least one layer');
  return last.pass.output as Tensor2D;
}

/** A layer with tensors that learn, what went into it, and the slope of the loss by what came out of it. */
export interface Tap {
  readonly layer: Layer;
  readonly input: Tensor;
  /** d loss / d output, [rows, …]: row i is of record i alone wherever the loss is a sum over records. */
  readonly slope: Tensor;
  /** d loss / d tensor by the tensor's name within the layer, summed over the rows; computed when asked for. */
  readonly tensorSlopes: () => LayerTensors;
}

/**
 * Takes the slope of a loss back through all layers, as far as something learns, a layer at a time: what is made of a tap
 * before the next is asked for finds its numbers still in the cache.
 * @param slope - d loss / d outputs, [rows, outputs]
 * @returns a tap at each layer that learns, the last layer first
 */
export function* tapsOf(passes: NetworkPass, slope: Tensor2D): Generator<Tap, void> {
  const lowest = passes.findIndex(({ pass }) => pass.tensorSlopes);
  let current: Tensor = slope;
  for (let index = passes.length - 1; index >= lowest; index -= 1) {
    const step = passes[index];
    if (!step) break;
    const { layer, input, pass } = step;
    const at = current;
    const { tensorSlopes } = pass;
    if (tensorSlopes) yield { layer, input, slope: at, tensorSlopes: () => tensorSlopes(at) };
    if (index > lowest) current = pass.inputSlope(at);
  }
}
