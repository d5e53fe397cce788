import type { KernelConfig } from '@tensorflow/tfjs-core';
import { averagePool3dGrad, averagePoolGrad } from './average-pool-grad.js';
import { batchMatMul } from './batch-mat-mul.js';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './conv2d-backprop-input.js';
import { conv3dBackpropFilter } from './conv3d-backprop-filter.js';
import { conv3dBackpropInput } from './conv3d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { dilation2d, dilation2dBackpropFilter, dilation2dBackpropInput } from './dilation2d.js';
import type { CorrectedBackend, KernelMaker, Tf } from './kernel.js';
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

/** Wrong on several backends, corrected on each in terms of its own kernels. */
const WRONG_ON_ANY = [averagePoolGrad, averagePool3dGrad];

/** Instances that have the pack: a second registration would wrap the wrapped. */
const registered: Record<CorrectedBackend, WeakSet<object>> = { wasm: new WeakSet(), webgpu: new WeakSet() };

/**
 * Registers the pack for a backend of this instance of TensorFlow.js; a second call does nothing. Import the backend's
 * package before: some kernels are wrapped around those that it ships.
 */
export function registerKernels(tf: Tf, backend: CorrectedBackend = 'wasm'): void {
  if (registered[backend].has(tf.engine())) return;
  registered[backend].add(tf.engine());
  const own = backend === 'wasm' ? [...MISSING, ...WRONG, ...SLOW].map((make) => make(tf)) : [];
  for (const config of [...own, ...WRONG_ON_ANY.map((make) => make(tf, backend))]) {
    if (shipped(tf, config)) tf.unregisterKernel(config.kernelName, backend);
    tf.registerKernel(config);
  }
}

/** Typed as always there, it is undefined for a kernel that is missing. */
const shipped = (tf: Tf, { kernelName, backendName }: KernelConfig): KernelConfig | undefined => tf.getKernel(kernelName, backendName);
