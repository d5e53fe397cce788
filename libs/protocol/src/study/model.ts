import { z } from 'zod';
import { TensorNames } from './tensor-names.js';
import type { OutcomeType } from './outcome.js';

const l2 = z.number().min(0).max(1e3).default(0);
/** Weights that a model starts from: a file that every site has, found by its hash. */
const Start = z.strictObject({
  /** tfjs: `model.json` and its shards. */
  format: z.enum(['safetensors', 'tfjs']),
  /** Of the file; of tfjs, of model.json and its shards one after the other in the order of its manifest. Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the file, 64 hex digits'),
  /** Which layers or tensors take their values from it; absent: all. The others begin as they do without it. */
  tensors: TensorNames.min(1).optional(),
});

const trained = {
  l2,
  /** The layers or tensors that learn, the others stay as they began and travel in no sum; absent: all learn. */
  train: TensorNames.min(1).optional(),
  start: Start.optional(),
};
const activation = (usual: 'tanh' | 'relu') => z.enum(['tanh', 'relu']).default(usual);
const widths = z.array(z.int().min(1).max(65_536)).max(10);

/** A convolution and what follows it: norm, activation, pooling of two by two places. */
const Block = z
  .strictObject({
    filters: z.int().min(1).max(4_096),
    size: z.int().min(1).max(15).default(3),
    stride: z.int().min(1).max(4).default(1),
    norm: z.enum(['none', 'group', 'batch']).default('none'),
    groups: z.int().min(1).max(256).default(4),
    pool: z.enum(['none', 'max', 'average']).default('none'),
  })
  .refine(({ size, stride }) => size >= stride, { path: ['stride'], message: 'at most size: a wider step would leave places unseen' })
  .refine(({ filters, norm, groups }) => norm !== 'group' || filters % groups === 0, { path: ['groups'], message: 'a divisor of filters' });

export const Model = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('logistic-regression'), ...trained }),
  z.strictObject({ type: z.literal('linear-regression'), ...trained }),
  z.strictObject({ type: z.literal('poisson-regression'), ...trained }),
  z.strictObject({ type: z.literal('ordinal-regression'), ...trained }),
  z.strictObject({ type: z.literal('cox-regression'), ...trained }),
  z.strictObject({ type: z.literal('discrete-time-survival'), ...trained }),
  z.strictObject({
    type: z.literal('multilayer-perceptron'),
    hidden: widths.min(1),
    activation: activation('tanh'),
    norm: z.enum(['none', 'layer', 'batch']).default('none'),
    ...trained,
  }),
  z.strictObject({
    type: z.literal('convolutional-network'),
    blocks: z.array(Block).min(1).max(20),
    /** How the last image becomes a vector: the mean of each channel, or all of it. */
    pooling: z.enum(['average', 'flatten']).default('average'),
    hidden: widths.default([]),
    activation: activation('relu'),
    ...trained,
  }),
  z.strictObject({
    type: z.literal('text-network'),
    /** Tokens are hashed into 1 … buckets − 1. */
    buckets: z.int().min(16).max(1_000_000),
    dimension: z.int().min(1).max(4_096),
    hidden: widths.default([]),
    activation: activation('relu'),
    ...trained,
  }),
]);
export type Model = z.infer<typeof Model>;

/** What a model of each type can learn; types that are not listed learn any outcome. */
const OUTCOMES: Readonly<Partial<Record<Model['type'], readonly OutcomeType[]>>> = {
  'logistic-regression': ['binary', 'class'],
  'linear-regression': ['number'],
  'poisson-regression': ['count'],
  'ordinal-regression': ['ordinal'],
  'cox-regression': ['survival'],
  'discrete-time-survival': ['survival'],
};

/** The outcomes that a model can learn, where it cannot learn all of them. */
export const outcomesOf = (type: Model['type']): readonly OutcomeType[] | undefined => OUTCOMES[type];
