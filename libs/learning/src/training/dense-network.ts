import type { Model } from '@consilium/protocol';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { DenseLayer } from './dense-layers.js';

/** Of the hidden layers; logistic regression has none. */
export type Activation = 'tanh' | 'relu';

export const activationOf = (model: Model): Activation => (model.type === 'multilayer-perceptron' ? model.activation : 'tanh');

/** Each layer's input, the batch first, and the logits [rows, 1]. */
interface Forward {
  readonly inputs: readonly Tensor2D[];
  readonly logits: Tensor2D;
}

/** Runs a batch x [rows, columns] through the network. Call it within `tf.tidy`. */
export function forward(tf: Engine, layers: readonly DenseLayer[], activation: Activation, x: Tensor2D): Forward {
  const inputs = [x];
  let output = x;
  for (const [index, { kernel, bias }] of layers.entries()) {
    output = tf.add(tf.matMul(output, kernel), bias);
    if (index === layers.length - 1) break;
    output = activation === 'tanh' ? tf.tanh(output) : tf.relu(output);
    inputs.push(output);
  }
  return { inputs, logits: output };
}

/** Rows on the engine: x [rows, columns], its transpose, and y [rows, 1]. */
export interface Batch {
  readonly x: Tensor2D;
  readonly xTransposed: Tensor2D;
  readonly y: Tensor2D;
}

/**
 * The gradient of mean binary cross-entropy from logits plus (l2/2)·Σ kernel², in closed form: with the sigmoid, the
 * logit's gradient is (p − y)/rows; then back through the layers (Rumelhart, Hinton, Williams 1986). Written out
 * because it needs no tape, and tfjs-core alone registers no gradients; transposes are explicit because inside
 * `matMul` they are many times slower on WebAssembly. Call it within `tf.tidy`.
 */
export function gradient(
  tf: Engine,
  layers: readonly DenseLayer[],
  activation: Activation,
  l2: number,
  batch: Batch,
): readonly DenseLayer[] {
  const { inputs, logits } = forward(tf, layers, activation, batch.x);
  const gradients: DenseLayer[] = [];
  let delta = tf.mul<Tensor2D>(tf.sub<Tensor2D>(tf.sigmoid(logits), batch.y), 1 / batch.y.shape[0]);
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const layer = layers[index];
    const input = inputs[index];
    if (!layer || !input) continue;
    const inputTransposed = index === 0 ? batch.xTransposed : tf.transpose(input);
    const data: Tensor2D = tf.matMul(inputTransposed, delta);
    gradients.unshift({ kernel: l2 === 0 ? data : tf.add<Tensor2D>(data, tf.mul(layer.kernel, l2)), bias: tf.sum<Tensor1D>(delta, 0) });
    if (index > 0) delta = tf.mul(tf.matMul(delta, tf.transpose(layer.kernel)), derivative(tf, activation, input));
  }
  return gradients;
}

/** Of the activation, from its output: 1 − a² for tanh, 0 or 1 for relu. */
function derivative(tf: Engine, activation: Activation, output: Tensor2D): Tensor2D {
  return activation === 'tanh' ? tf.sub(1, tf.mul(output, output)) : tf.step(output);
}

/** One step of gradient descent; new layers, the given ones stay. */
export function descend(tf: Engine, layers: readonly DenseLayer[], gradients: readonly DenseLayer[], rate: number): DenseLayer[] {
  return layers.map(({ kernel, bias }, index) => {
    const slope = gradients[index];
    if (!slope) return { kernel, bias };
    return { kernel: tf.sub(kernel, tf.mul(slope.kernel, rate)), bias: tf.sub(bias, tf.mul(slope.bias, rate)) };
  });
}
