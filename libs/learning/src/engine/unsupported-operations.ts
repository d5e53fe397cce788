import type { EngineName } from './engine-description.js';

/** Operations by the names that `ENGINE_UNSUPPORTED` has for them. */
export type Operation =
  | 'activation'
  | 'average-pooling'
  | 'convolution'
  | 'dilated-depthwise-convolution'
  | 'embedding'
  | 'matrix-product'
  | 'max-pooling'
  | 'mean'
  | 'padding-by-number'
  | 'strided-convolution';

/** What an engine cannot do. It says so itself and computes nothing wrong; a study is better refused before it runs. */
export interface UnsupportedOperation {
  readonly op: Operation;
  readonly why: string;
  /** Parts of the engine's own messages, by which the differential test knows it. */
  readonly messages: readonly string[];
}

/**
 * Operations that a model of a study may not use on an engine. Everything that engines computed wrong is corrected by
 * `@consilium/tfjs-kernels`; what is here fails aloud, in all of its forms that the differential test tries.
 */
export const UNSUPPORTED_OPERATIONS: Readonly<Record<EngineName, readonly UnsupportedOperation[]>> = {
  wasm: [],
  webgpu: [],
  native: [
    {
      op: 'padding-by-number',
      why: 'TensorFlow takes only same and valid padding for convolutions and poolings',
      messages: ["supports only 'valid' and 'same' padding", 'conv2d padded by a number, gradient: no result'],
    },
    {
      op: 'dilated-depthwise-convolution',
      why: 'TensorFlow has no dilation in depthwise convolutions on a processor',
      messages: ['does not support dilations'],
    },
  ],
};
