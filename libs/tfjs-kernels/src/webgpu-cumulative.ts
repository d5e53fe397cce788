import type { KernelConfig, Rank, Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { kernelOf, type Tf } from './kernel.js';

interface Attributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/**
 * Wrong in TensorFlow.js on `webgpu`: the shader of running sums and products has the axis's length compiled in, and is
 * kept under a key that has not, so that the first length used in a process decides for all. Here they are made by
 * doubling (Hillis and Steele 1986): after k steps each element holds what the 2^k before it give.
 */
function cumulative(tf: Tf, kernelName: string, combine: (a: Tensor3D, b: Tensor3D) => Tensor3D, neutral: number): KernelConfig {
  const moved = (x: Tensor3D, by: number): Tensor3D => {
    const [outer, length, inner] = x.shape;
    const kept = tf.slice(x, [0, 0, 0], [outer, Math.max(0, length - by), inner]);
    return tf.pad(
      kept,
      [
        [0, 0],
        [Math.min(by, length), 0],
        [0, 0],
      ],
      neutral,
    );
  };
  return kernelOf<{ readonly x: Tensor }, Attributes>('webgpu', kernelName, ({ inputs: { x }, attrs: { axis, exclusive, reverse } }) =>
    tf.tidy(() => {
      const length = x.shape[axis] ?? 1;
      const outer = tf.util.sizeFromShape(x.shape.slice(0, axis));
      let running = tf.reshape<Rank.R3>(x, [outer, length, -1]);
      if (reverse) running = tf.reverse(running, 1);
      if (exclusive) running = moved(running, 1);
      for (let step = 1; step < length; step *= 2) running = combine(running, moved(running, step));
      return tf.reshape(reverse ? tf.reverse(running, 1) : running, x.shape);
    }),
  );
}

export const cumulativeSum = (tf: Tf): KernelConfig => cumulative(tf, tf.Cumsum, (a, b) => tf.add(a, b), 0);
export const cumulativeProduct = (tf: Tf): KernelConfig => cumulative(tf, tf.Cumprod, (a, b) => tf.mul(a, b), 1);
