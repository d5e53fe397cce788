import { z } from 'zod';

const l2 = z.number().min(0).max(1e3).default(0);

export const Model = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('logistic-regression'), l2 }),
  z.strictObject({
    type: z.literal('multilayer-perceptron'),
    hidden: z.array(z.int().min(1).max(65_536)).min(1).max(10),
    activation: z.enum(['tanh', 'relu']).default('tanh'),
    l2,
  }),
]);
export type Model = z.infer<typeof Model>;

/** One named tensor of a model; a model's parameters are its tensors one after the other, each in row-major order. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The tensors of a model with `inputs` encoded columns and one output (a logit), in their fixed order:
 * `layer0/kernel` [inputs, units], `layer0/bias` [units], … Logistic regression is the case of one layer.
 */
export function modelTensors(model: Model, inputs: number): readonly TensorShape[] {
  const widths = [inputs, ...(model.type === 'multilayer-perceptron' ? model.hidden : []), 1];
  return widths.slice(1).flatMap((units, layer) => [
    { name: `layer${layer}/kernel`, shape: [widths[layer] ?? 0, units] },
    { name: `layer${layer}/bias`, shape: [units] },
  ]);
}

/** How many numbers the tensors hold together. */
export function parameterCount(tensors: readonly TensorShape[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
