import type { Layer } from './layers.js';
import { layerTensors } from './layers.js';
import type { TensorShape } from './tensor-shape.js';

/** Whether a list of {@link TensorNames} takes a tensor in. */
export const isNamed = ({ name }: TensorShape, names: readonly string[]): boolean =>
  names.includes(name) || names.includes(name.slice(0, name.indexOf('/')));

/** Those of the names that no layer and no tensor has. */
export function unknownNames(layers: readonly Layer[], names: readonly string[]): readonly string[] {
  const known = new Set(layers.flatMap((layer) => ('name' in layer ? [layer.name, ...layerTensors(layer).map(({ name }) => name)] : [])));
  return names.filter((name) => !known.has(name));
}

/** The tensors of a model, in their order, by what becomes of them in a study. */
export interface SortedTensors {
  /** Learned by all sites together: what a state, an update and a sealed sum hold. */
  readonly shared: readonly TensorShape[];
  /** Learned by each site for itself. */
  readonly local: readonly TensorShape[];
  /** As they began, everywhere the same. */
  readonly fixed: readonly TensorShape[];
}

/** @param train - names of what learns; absent: everything */
export function sortTensors(layers: readonly Layer[], localNames: readonly string[], train?: readonly string[]): SortedTensors {
  const all = layers.flatMap(layerTensors);
  const learns = (tensor: TensorShape) => train === undefined || isNamed(tensor, train);
  return {
    shared: all.filter((tensor) => learns(tensor) && !isNamed(tensor, localNames)),
    local: all.filter((tensor) => learns(tensor) && isNamed(tensor, localNames)),
    fixed: all.filter((tensor) => !learns(tensor)),
  };
}
