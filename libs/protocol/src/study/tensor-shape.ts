/** One named tensor of a model; a model's parameters are its tensors one after the other, each in row-major order. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How many numbers the tensors hold together. */
export function parameterCount(tensors: readonly TensorShape[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
