import { z } from 'zod';
import type { Algorithm } from './algorithm.js';
import type { Layer } from './layers.js';
import type { StudyProblem } from './study-problem.js';

/**
 * Images are changed at random each time a site trains on them, and never where they are measured. What is drawn follows from
 * the study's seed, the weights at which the step is taken, and the image alone: one patient's image does not depend on who
 * else is there, so that what bounds one patient's influence still does.
 */
export const Augmentation = z.strictObject({
  /** Every second image is turned left to right. */
  flip: z.boolean().default(false),
  /** Up to so many pixels up or down, and as many left or right, each as likely; the edge is repeated. */
  shift: z.int().min(0).max(256).default(0),
});
export type Augmentation = z.infer<typeof Augmentation>;

/** Whether there is an image to change, and one larger than it is moved by. */
export function augmentationProblems({ augment }: Algorithm, [first]: readonly Layer[]): readonly StudyProblem[] {
  if (!augment) return [];
  const path = ['algorithm', 'augment'];
  if (first?.kind !== 'convolution') return [[path, 'only for a convolutional-network: it changes images']];
  const side = Math.min(first.input.height, first.input.width);
  return augment.shift < side ? [] : [[[...path, 'shift'], `below ${side}, the smaller side of the image`]];
}
