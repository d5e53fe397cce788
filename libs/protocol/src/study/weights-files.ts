import { z } from 'zod';

const count = z.int().min(0);

/** The header of a safetensors file without its `__metadata__`: the type, shape and place of each tensor. */
export const SafetensorsHeader = z.record(
  z.string(),
  z.strictObject({ dtype: z.string(), shape: z.array(count).max(8), data_offsets: z.tuple([count, count]) }),
);
export type SafetensorsHeader = z.infer<typeof SafetensorsHeader>;

/** `__metadata__`: text, which nobody here reads. */
export const SafetensorsMetadata = z.record(z.string(), z.string()).optional();

/** What is needed of the `model.json` of TensorFlow.js: in which shards the weights lie, and in which order. */
export const WeightsManifest = z.looseObject({
  weightsManifest: z
    .array(
      z.looseObject({
        // A shard lies beside its model.json: a plain name reaches nothing else.
        paths: z.array(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/)).min(1),
        weights: z.array(z.looseObject({ name: z.string(), shape: z.array(count).max(8), dtype: z.string() })),
      }),
    )
    .min(1),
});
export type WeightsManifest = z.infer<typeof WeightsManifest>;
