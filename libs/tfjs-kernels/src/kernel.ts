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

/** A kernel for one backend. */
export function kernelOf<Inputs, Attributes>(
  backendName: CorrectedBackend,
  kernelName: string,
  compute: (call: KernelCall<Inputs, Attributes>) => TensorInfo,
): KernelConfig {
  // TensorFlow.js types inputs and attributes of all kernels alike; each kernel states its own.
  return { kernelName, backendName, kernelFunc: compute as unknown as KernelFunc };
}

/**
 * A kernel for WebAssembly.
 *
 * A kernel that reads the heap calls `makeOutput` before `typedArrayFromHeap`: the heap may grow, which detaches every
 * view of it.
 */
export const wasmKernel = <Inputs, Attributes>(
  kernelName: string,
  compute: (call: KernelCall<Inputs, Attributes>) => TensorInfo,
): KernelConfig => kernelOf('wasm', kernelName, compute);

/** A kernel around the one that TensorFlow.js ships for a backend, whose set-up stays. */
export function aroundShipped<Inputs, Attributes>(
  tf: Tf,
  kernelName: string,
  compute: (call: KernelCall<Inputs, Attributes>, shipped: (call: KernelCall<Inputs, Attributes>) => TensorInfo) => TensorInfo,
  backendName: CorrectedBackend = 'wasm',
): KernelConfig {
  const config = tf.getKernel(kernelName, backendName);
  const shipped = config.kernelFunc as unknown as (call: KernelCall<Inputs, Attributes>) => TensorInfo;
  return { ...config, ...kernelOf<Inputs, Attributes>(backendName, kernelName, (call) => compute(call, shipped)) };
}

/** Padding as operations of TensorFlow.js take it. */
export type Padding = 'valid' | 'same' | number | Tensorflow.backend_util.ExplicitPadding;
export type Rounding = 'floor' | 'round' | 'ceil' | undefined;
export type Pair = number | [number, number];
export type Triple = number | [number, number, number];
export type Shape4D = [number, number, number, number];
export type Shape5D = [number, number, number, number, number];
