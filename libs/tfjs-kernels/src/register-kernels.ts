import type { KernelConfig } from '@tensorflow/tfjs-core';
import { batchMatMul } from './batch-mat-mul.js';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './conv2d-backprop-input.js';
import { conv3dBackpropFilter } from './conv3d-backprop-filter.js';
import { conv3dBackpropInput } from './conv3d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { dilation2d, dilation2dBackpropFilter, dilation2dBackpropInput } from './dilation2d.js';
import type { KernelMaker, Tf } from './kernel.js';
import { maxPool3d, maxPool3dGrad } from './max-pool-3d.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { conv2d, depthwiseConv2d, fusedConv2d, fusedDepthwiseConv2d } from './same-with-short-filter.js';
import { slice } from './slice.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

const MISSING: readonly KernelMaker[] = [conv2dBackpropFilter, depthwiseBackpropFilter, depthwiseBackpropInput, unsortedSegmentSum];
const WRONG: readonly KernelMaker[] = [
  maxPoolGrad,
  conv3dBackpropFilter,
  conv3dBackpropInput,
  maxPool3d,
  maxPool3dGrad,
  dilation2d,
  dilation2dBackpropInput,
  dilation2dBackpropFilter,
  conv2d,
  fusedConv2d,
  depthwiseConv2d,
  fusedDepthwiseConv2d,
];
const SLOW: readonly KernelMaker[] = [conv2dBackpropInput, batchMatMul, slice];

/** Instances that have the pack: a second registration would wrap the wrapped. */
const registered = new WeakSet<object>();

/**
 * Registers the pack for the WebAssembly backend of this instance of TensorFlow.js; a second call does nothing.
 * Import `@tensorflow/tfjs-backend-wasm` before: some kernels are wrapped around those that it ships.
 */
export function registerKernels(tf: Tf): void {
  if (registered.has(tf.engine())) return;
  registered.add(tf.engine());
  for (const make of [...MISSING, ...WRONG, ...SLOW]) {
    const config = make(tf);
    if (shipped(tf, config.kernelName)) tf.unregisterKernel(config.kernelName, 'wasm');
    tf.registerKernel(config);
  }
}

/** Typed as always there, it is undefined for a kernel that is missing. */
const shipped = (tf: Tf, name: string): KernelConfig | undefined => tf.getKernel(name, 'wasm');
