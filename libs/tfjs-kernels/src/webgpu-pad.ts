import type { KernelConfig, Tensor } from '@tensorflow/tfjs-core';
import { aroundShipped, type KernelCall, type Tf } from './kernel.js';

interface Inputs {
  readonly x: Tensor;
}
interface Attributes {
  readonly paddings: readonly [number, number][];
  readonly constantValue: number;
}

/** Beyond it the shipped shader puts values in wrong places. */
const RIGHT_UP_TO = 4;

/** Wrong in TensorFlow.js on `webgpu` for five and more axes: here one axis is padded after the other, as the middle of three. */
export function padOfManyAxes(tf: Tf): KernelConfig {
  return aroundShipped<Inputs, Attributes>(
    tf,
    tf.PadV2,
    (call: KernelCall<Inputs, Attributes>, shipped) => {
      const { inputs, attrs } = call;
      if (inputs.x.shape.length <= RIGHT_UP_TO) return shipped(call);
      return tf.tidy(() => {
        let padded = inputs.x;
        for (const [axis, [before, after]] of attrs.paddings.entries()) {
          if (before + after === 0) continue;
          const { shape } = padded;
          const outer = tf.util.sizeFromShape(shape.slice(0, axis));
          const slab = tf.reshape(padded, [outer, shape[axis] ?? 1, tf.util.sizeFromShape(shape.slice(axis + 1))]);
          const wider = tf.pad(
            slab,
            [
              [0, 0],
              [before, after],
              [0, 0],
            ],
            attrs.constantValue,
          );
          padded = tf.reshape(wider, shape.with(axis, (shape[axis] ?? 1) + before + after));
        }
        return padded === inputs.x ? tf.clone(padded) : padded;
      });
    },
    'webgpu',
  );
}
