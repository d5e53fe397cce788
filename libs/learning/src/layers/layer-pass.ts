import type { Tensor } from '@tensorflow/tfjs-core';

/** Tensors of one layer by their name within it, such as `kernel`. */
export type LayerTensors = Readonly<Record<string, Tensor>>;

/**
 * One layer's work on one batch: what came out, and how a loss that depends on it depends on what went in. "Slope" is the
 * derivative of that loss by a tensor, of the tensor's shape; it is linear in the slope of the output. Written out layer by
 * layer (Rumelhart, Hinton, Williams 1986) because it needs no tape, and tfjs-core alone registers no gradients.
 * All calls belong within the `tf.tidy` in which the pass was made.
 */
export interface LayerPass {
  /** [rows, …] */
  readonly output: Tensor;
  /** d loss / d input. @param slope - d loss / d output */
  readonly inputSlope: (slope: Tensor) => Tensor;
  /** d loss / d tensor for each tensor of the layer that learns; absent without such tensors. */
  readonly tensorSlopes?: (slope: Tensor) => LayerTensors;
  /** New values of tensors that follow the batches and not a slope. */
  readonly moved?: LayerTensors;
}
