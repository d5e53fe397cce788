import type { Layer } from '@consilium/protocol';
import type { EngineName } from './engine-description.js';
import { UNSUPPORTED_OPERATIONS, type Operation, type UnsupportedOperation } from './unsupported-operations.js';

/** What a layer asks of an engine, forward and back. Paddings are `same` or `valid`, and nothing is dilated. */
function operationsOf(layer: Layer): readonly Operation[] {
  switch (layer.kind) {
    case 'dense':
    case 'cuts':
      return ['matrix-product'];
    case 'convolution':
      return [layer.stride === 1 ? 'convolution' : 'strided-convolution'];
    case 'pool':
      return [layer.by === 'max' ? 'max-pooling' : 'average-pooling'];
    case 'activation':
      return ['activation'];
    case 'groupNorm':
    case 'layerNorm':
    case 'batchNorm':
    case 'globalAverage':
      return ['mean'];
    case 'embedding':
      return ['embedding'];
    case 'flatten':
      return [];
  }
}

/**
 * The first operation of a model that an engine cannot do: a study that needs it is refused before an officer signs.
 * @param unsupported - by engine
 */
export function unsupportedOperation(
  engine: EngineName,
  layers: readonly Layer[],
  unsupported: Readonly<Record<EngineName, readonly UnsupportedOperation[]>> = UNSUPPORTED_OPERATIONS,
): UnsupportedOperation | undefined {
  const asked = new Set(layers.flatMap(operationsOf));
  return unsupported[engine].find(({ op }) => asked.has(op));
}
