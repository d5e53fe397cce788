import type { Activation } from '@consilium/protocol';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import type { LayerPass } from './layer-pass.js';

/** tanh or max(x, 0), place by place. The derivative comes from the output: 1 − a² for tanh, 0 or 1 for relu. */
export function activation(tf: Engine, kind: Activation, x: Tensor): LayerPass {
  const output = kind === 'tanh' ? tf.tanh(x) : tf.relu(x);
  const derivative = () => (kind === 'tanh' ? tf.sub(1, tf.mul(output, output)) : tf.step(output));
  return { output, inputSlope: (slope) => tf.mul(slope, derivative()) };
}
