import type { Algorithm } from './algorithm.js';
import type { Layer } from './layers.js';
import type { StudyProblem } from './study-problem.js';

/** Whether there is an image to change, and one larger than it is moved by. */
export function augmentationProblems({ augment }: Algorithm, [first]: readonly Layer[]): readonly StudyProblem[] {
  if (!augment) return [];
  const path = ['algorithm', 'augment'];
  if (first?.kind !== 'convolution') return [[path, 'only for a convolutional-network: it changes images']];
  const side = Math.min(first.input.height, first.input.width);
  return augment.shift < side ? [] : [[[...path, 'shift'], `below ${side}, the smaller side of the image`]];
}
