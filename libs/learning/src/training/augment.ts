import { hash } from 'node:crypto';
import type { Augmentation, Layer } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { randomWords, uniformBelow } from '../random/random-words.js';

type Image = Extract<Layer, { readonly kind: 'convolution' }>['input'];

/** Writes a record into its place of a batch, changed. */
export type Augment = (record: Float32Array, target: Float32Array) => void;

/** What may be changed of an image, and how large it is. */
export interface AugmentationRule {
  readonly augmentation: Augmentation;
  readonly image: Image;
}

/** @returns undefined where records are taken as they are */
export function augmentationRule({
  algorithm: { augment: augmentation },
  derived: { layers },
}: Pick<LearningStudy, 'algorithm' | 'derived'>): AugmentationRule | undefined {
  const [first] = layers;
  return augmentation && first?.kind === 'convolution' ? { augmentation, image: first.input } : undefined;
}

/** What decides how images are changed in one step of a site's training. @param seed - of the site's round @param step - from 1 */
export function stepSeed(seed: Uint8Array, step: number): Uint8Array {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(step);
  return hash('sha256', Buffer.concat([Buffer.from('consilium/v1/step\0'), seed, number]), 'buffer');
}

/**
 * The same for a step with privacy: by the study's seed and the weights at which gradients are taken, which all sites have. It
 * is drawn from nothing that no accountant knows of.
 */
export function privateStepSeed(study: Pick<LearningStudy, 'seed'>, weights: Float64Array): Uint8Array {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(study.seed);
  return hash('sha256', Buffer.concat([Buffer.from('consilium/v1/private step\0'), number, bytesOf(weights)]), 'buffer');
}

/**
 * How images are changed in one step of training. An image's draw is made of the step's seed and the image itself: the same in
 * whatever row it stands and whoever stands beside it, another in each step.
 */
export function augmentIn({ augmentation, image }: AugmentationRule, seed: Uint8Array): Augment {
  return (record, target) => {
    const own = hash('sha256', Buffer.concat([seed, bytesOf(record)]), 'buffer');
    const next = randomWords('consilium/v1/augmentation', own);
    const moved = { flip: augmentation.flip && uniformBelow(next, 2) === 1, down: 0, right: 0 };
    if (augmentation.shift > 0) {
      moved.down = uniformBelow(next, 2 * augmentation.shift + 1) - augmentation.shift;
      moved.right = uniformBelow(next, 2 * augmentation.shift + 1) - augmentation.shift;
    }
    moveImage(record, target, image, moved);
  };
}

/** An image turned left to right where `flip` says so, then moved; what comes in at an edge repeats it. */
export function moveImage(
  from: Float32Array,
  to: Float32Array,
  { height, width, channels }: Image,
  { flip, down, right }: { readonly flip: boolean; readonly down: number; readonly right: number },
): void {
  for (let row = 0; row < height; row += 1) {
    const source = Math.min(height - 1, Math.max(0, row - down)) * width;
    for (let column = 0; column < width; column += 1) {
      const across = Math.min(width - 1, Math.max(0, column - right));
      const pixel = (source + (flip ? width - 1 - across : across)) * channels;
      const place = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel += 1) to[place + channel] = from[pixel + channel] ?? 0;
    }
  }
}

const bytesOf = (values: Float32Array | Float64Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
