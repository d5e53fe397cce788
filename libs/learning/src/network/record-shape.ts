import type { Layer } from '@consilium/protocol';

/** The shape in which the first layer takes one record: [columns] or [height, width, channels]. */
export function recordShape([first]: readonly Layer[]): readonly number[] {
  switch (first?.kind) {
    case 'dense':
    case 'cuts':
      return [first.inputs];
    case 'embedding':
      return [first.tokens];
    case 'convolution':
    case 'flatten':
    case 'globalAverage':
      return [first.input.height, first.input.width, first.input.channels];
    default:
      throw new TypeError(`a network does not begin with ${first?.kind ?? 'nothing'}`);
  }
}

/** Numbers of one record. */
export const recordSize = (layers: readonly Layer[]): number => recordShape(layers).reduce((product, size) => product * size, 1);
