import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerKernels } from './index.js';

beforeAll(async () => {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  registerKernels(tf);
  await tf.setBackend('wasm');
});

const ones = (...shape: number[]) => tf.ones(shape);
const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync<'float32'>());

// What each kernel computes is compared with other engines in test/engines.
describe('the kernel pack', () => {
  it('is registered once: a second time changes nothing', () => {
    const { kernelFunc } = tf.getKernel(tf.Slice, 'wasm');
    registerKernels(tf);
    expect(tf.getKernel(tf.Slice, 'wasm').kernelFunc).toBe(kernelFunc);
  });

  it('reads its inputs where they are after the heap has grown', () => {
    const held = [ones(1)];
    const before = tf.memory().numBytes;
    // Each slice needs more memory than there is, until well beyond what WebAssembly starts with.
    while (tf.memory().numBytes - before < 96 * 2 ** 20) {
      const whole = tf.range(0, 2 ** 20);
      const part = tf.slice(whole, 1, 2 ** 20 - 1);
      expect(values(tf.slice(part, 2 ** 20 - 2, 1))).toEqual([2 ** 20 - 1]);
      held.push(whole, part);
    }
    tf.dispose(held);
  });

  it('leaves out rows of segments that are not there', () => {
    const sums = tf.unsortedSegmentSum(ones(4, 2), tf.tensor1d([1, -1, 7, 1], 'int32'), 3);
    expect(values(sums)).toEqual([0, 0, 2, 2, 0, 0]);
  });

  it('sends the gradient of a pooled maximum below zero to where it lies', () => {
    const x = tf.tensor4d([-4, -3, -2, -9], [1, 2, 2, 1]);
    const gradient = tf.engine().runKernel(tf.MaxPoolGrad, { dy: ones(1, 1, 1, 1), input: x }, { filterSize: 2, strides: 2, pad: 'valid' });
    expect(values(gradient as tf.Tensor)).toEqual([0, 0, 1, 0]);
  });
});
