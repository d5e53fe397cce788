import type { Model } from './model.js';
import type { Outcome } from './outcome.js';
import type { TensorShape } from './tensor-shape.js';

/** What a model is given for each record: its encoded columns, or one image (row-major, channels last). */
export type InputShape =
  | { readonly kind: 'columns'; readonly columns: number }
  | { readonly kind: 'image'; readonly height: number; readonly width: number; readonly channels: number };

export type Activation = 'tanh' | 'relu';
type Image = Extract<InputShape, { readonly kind: 'image' }>;

/** One step from input to output. A layer with a name has tensors of that name. All numbers are sizes of one record. */
export type Layer =
  /** x·kernel + bias; kernel [inputs, units], bias [units]. Cox regression has no bias: risk sets cancel it. */
  | { readonly kind: 'dense'; readonly name: string; readonly inputs: number; readonly units: number; readonly bias: boolean }
  /** One score for all cut points, x·kernel [inputs, 1], and a bias [cuts] for each: ordinal and discrete-time outcomes. */
  | { readonly kind: 'cuts'; readonly name: string; readonly inputs: number; readonly cuts: number }
  | { readonly kind: 'activation'; readonly activation: Activation }
  /** kernel [size, size, channels, filters], bias [filters]. */
  | {
      readonly kind: 'convolution';
      readonly name: string;
      readonly input: Image;
      readonly output: Image;
      readonly size: number;
      readonly stride: number;
    }
  /** Non-overlapping windows; what does not fill a window at the edge is left out. */
  | { readonly kind: 'pool'; readonly by: 'max' | 'average'; readonly size: number; readonly input: Image; readonly output: Image }
  /** The mean over all places of each channel. */
  | { readonly kind: 'globalAverage'; readonly input: Image }
  | { readonly kind: 'flatten'; readonly input: Image }
  /** Wu and He 2018, over channels in groups, within one record; scale [channels], offset [channels]. */
  | { readonly kind: 'groupNorm'; readonly name: string; readonly input: Image; readonly groups: number }
  /** Ba, Kiros, Hinton 2016, over all units of one record; scale [units], offset [units]. */
  | { readonly kind: 'layerNorm'; readonly name: string; readonly units: number }
  /** Ioffe and Szegedy 2015, over the records of a batch: mixes patients. scale, offset, mean, variance, each [channels]. */
  | { readonly kind: 'batchNorm'; readonly name: string; readonly channels: number; readonly input?: Image }
  /** Mean of the rows that a record's hashed tokens name; kernel [buckets, units]; a token of 0 is padding. */
  | { readonly kind: 'embedding'; readonly name: string; readonly tokens: number; readonly buckets: number; readonly units: number };

/** Numbers that the last layer gives for one record. */
export function outputCount(outcome: Outcome): number {
  switch (outcome.type) {
    case 'class':
      return outcome.levels.length;
    case 'ordinal':
      return outcome.levels.length - 1;
    case 'survival':
      return outcome.intervals?.length ?? 1;
    default:
      return 1;
  }
}

/**
 * The layers of a model in their order, the last one made for the outcome: one logit (binary), one for each class, one
 * score with cut points (ordinal, discrete-time survival), a value (number), the logarithm of a rate (count), or the
 * logarithm of a hazard ratio (Cox).
 */
export function modelLayers(model: Model, input: InputShape, outcome: Outcome): readonly Layer[] {
  const stack = new Stack(input);
  if (model.type === 'convolutional-network') {
    for (const block of model.blocks) stack.convolution(block, model.activation);
    stack.toVector(model.pooling);
  } else stack.toVector('flatten');
  if (model.type === 'text-network') stack.embedding(model.buckets, model.dimension);
  if ('hidden' in model) for (const units of model.hidden) stack.hidden(units, model.activation, 'norm' in model ? model.norm : 'none');
  stack.head(outcome);
  return stack.layers;
}

interface Block {
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
  readonly norm: 'none' | 'group' | 'batch';
  readonly groups: number;
  readonly pool: 'none' | 'max' | 'average';
}

/** Lays one layer on the other and remembers the shape that comes out. */
class Stack {
  readonly layers: Layer[] = [];
  #shape: InputShape;
  #named = 0;

  constructor(input: InputShape) {
    this.#shape = input;
  }

  get #name(): string {
    return `layer${this.#named++}`;
  }

  get #units(): number {
    return this.#shape.kind === 'columns' ? this.#shape.columns : this.#shape.height * this.#shape.width * this.#shape.channels;
  }

  convolution({ filters, size, stride, norm, groups, pool }: Block, activation: Activation): void {
    const input = this.#image();
    const output = { ...input, height: Math.ceil(input.height / stride), width: Math.ceil(input.width / stride), channels: filters };
    this.layers.push({ kind: 'convolution', name: this.#name, input, output, size, stride });
    if (norm === 'group') this.layers.push({ kind: 'groupNorm', name: this.#name, input: output, groups });
    if (norm === 'batch') this.layers.push({ kind: 'batchNorm', name: this.#name, channels: filters, input: output });
    this.layers.push({ kind: 'activation', activation });
    this.#shape = output;
    if (pool === 'none') return;
    const pooled = { ...output, height: Math.floor(output.height / 2), width: Math.floor(output.width / 2) };
    this.layers.push({ kind: 'pool', by: pool, size: 2, input: output, output: pooled });
    this.#shape = pooled;
  }

  toVector(pooling: 'average' | 'flatten'): void {
    if (this.#shape.kind === 'columns') return;
    const input = this.#shape;
    this.layers.push({ kind: pooling === 'average' ? 'globalAverage' : 'flatten', input });
    this.#shape = { kind: 'columns', columns: pooling === 'average' ? input.channels : this.#units };
  }

  embedding(buckets: number, units: number): void {
    this.layers.push({ kind: 'embedding', name: this.#name, tokens: this.#units, buckets, units });
    this.#shape = { kind: 'columns', columns: units };
  }

  hidden(units: number, activation: Activation, norm: 'none' | 'layer' | 'batch'): void {
    this.#dense(units, true);
    if (norm === 'layer') this.layers.push({ kind: 'layerNorm', name: this.#name, units });
    if (norm === 'batch') this.layers.push({ kind: 'batchNorm', name: this.#name, channels: units });
    this.layers.push({ kind: 'activation', activation });
  }

  head(outcome: Outcome): void {
    const outputs = outputCount(outcome);
    if (outcome.type === 'ordinal' || (outcome.type === 'survival' && outcome.intervals))
      this.layers.push({ kind: 'cuts', name: this.#name, inputs: this.#units, cuts: outputs });
    else this.#dense(outputs, outcome.type !== 'survival');
  }

  #dense(units: number, bias: boolean): void {
    this.layers.push({ kind: 'dense', name: this.#name, inputs: this.#units, units, bias });
    this.#shape = { kind: 'columns', columns: units };
  }

  #image(): Image {
    if (this.#shape.kind !== 'image') throw new TypeError('a convolution needs an image: StudyFile refuses such a study');
    return this.#shape;
  }
}

/** The tensors of one layer, in their fixed order; none for a layer without a name. */
export function layerTensors(layer: Layer): readonly TensorShape[] {
  const tensor = (name: string, ...shape: number[]): TensorShape => ({ name: 'name' in layer ? `${layer.name}/${name}` : name, shape });
  switch (layer.kind) {
    case 'dense':
      return [tensor('kernel', layer.inputs, layer.units), ...(layer.bias ? [tensor('bias', layer.units)] : [])];
    case 'cuts':
      return [tensor('kernel', layer.inputs, 1), tensor('bias', layer.cuts)];
    case 'convolution':
      return [tensor('kernel', layer.size, layer.size, layer.input.channels, layer.output.channels), tensor('bias', layer.output.channels)];
    case 'groupNorm':
      return [tensor('scale', layer.input.channels), tensor('offset', layer.input.channels)];
    case 'layerNorm':
      return [tensor('scale', layer.units), tensor('offset', layer.units)];
    case 'batchNorm':
      return ['scale', 'offset', 'mean', 'variance'].map((name) => tensor(name, layer.channels));
    case 'embedding':
      return [tensor('kernel', layer.buckets, layer.units)];
    default:
      return [];
  }
}
