import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as Tensorflow from '@tensorflow/tfjs-core';
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';

/** The one instance of TensorFlow.js that the process computes with. */
export type Tf = typeof Tensorflow;

/** What TensorFlow.js hands to a kernel. */
export interface KernelCall<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  readonly backend: BackendWasm;
}

/** Backends of TensorFlow.js that the pack corrects. */
export type CorrectedBackend = 'wasm' | 'webgpu';

/** Makes one kernel out of an instance of TensorFlow.js, whose WebAssembly kernels may be registered already. */
export type KernelMaker = (tf: Tf) => KernelConfig;

/**
 * A kernel for WebAssembly.
 *
 * A kernel that reads the heap calls `makeOutput` before `typedArrayFromHeap`: the heap may grow, which detaches every
 * view of it.
 */
export function wasmKernel<Inputs, Attributes>(
  kernelName: string,
  compute: (call: KernelCall<Inputs, Attributes>) => TensorInfo,
): KernelConfig {
  // TensorFlow.js types inputs and attributes of all kernels alike; each kernel states its own.
  return { kernelName, backendName: 'wasm', kernelFunc: compute as unknown as KernelFunc };
}

/** A kernel around the one that TensorFlow.js ships for a backend, whose set-up stays. */
export function aroundShipped<Inputs, Attributes>(
  tf: Tf,
  kernelName: string,
  compute: (call: KernelCall<Inputs, Attributes>, shipped: (call: KernelCall<Inputs, Attributes>) => TensorInfo) => TensorInfo,
  backendName: CorrectedBackend = 'wasm',
): KernelConfig {
  const config = tf.getKernel(kernelName, backendName);
  const shipped = config.kernelFunc as unknown as (call: KernelCall<Inputs, Attributes>) => TensorInfo;
  return { ...config, ...wasmKernel<Inputs, Attributes>(kernelName, (call) => compute(call, shipped)), backendName };
}

/** Padding as operations of TensorFlow.js take it. */
export type Padding = 'valid' | 'same' | number | Tensorflow.backend_util.ExplicitPadding;
export type Rounding = 'floor' | 'round' | 'ceil' | undefined;
export type Pair = number | [number, number];
export type Triple = number | [number, number, number];
export type Shape4D = [number, number, number, number];
export type Shape5D = [number, number, number, number, number];
