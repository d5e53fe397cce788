import { z } from 'zod';
import { canonicalJson, type Json } from '../canonical-json.js';
import { ConsiliumError } from '../errors/consilium-error.js';
import { StudyHash, StudyName } from '../names.js';
import { parseValue } from '../parse-yaml.js';
import { Input } from '../study/cohort-schema.js';
import { inputShape } from '../study/encoded-columns.js';
import { layerTensors, modelLayers } from '../study/layers.js';
import { Model } from '../study/model.js';
import { Outcome } from '../study/outcome.js';
import { parameterCount } from '../study/tensor-shape.js';

export const MODEL_BUNDLE_SCHEMA = 'consilium/model-bundle/v1';

const finite = z.number().refine(Number.isFinite, 'a finite number');

const Column = z.strictObject({
  name: z.string(),
  source: z.string(),
  kind: z.enum(['number', 'level', 'missing', 'image']),
  level: z.string().optional(),
  shape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]).optional(),
});

const Tensor = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().min(1)).min(1),
  /** Row-major, exact: the shortest decimal that reads back as the same 64-bit number. */
  values: z.array(finite),
});

/**
 * The model that sites hand over at release: only exact data, so that every site that holds the same state writes the
 * same bytes. What needs exp or layout for people is made from it where it is read ({@link bundleFiles}).
 */
export const ModelBundle = z
  .strictObject({
    schema: z.literal(MODEL_BUNDLE_SCHEMA),
    study: z.strictObject({ hash: StudyHash, name: StudyName, purpose: z.string() }),
    /** Rounds that led to these weights. */
    round: z.int().min(0),
    model: Model,
    outcome: Outcome,
    /** The preprocessing constants of every source column, as in the study. */
    inputs: z.record(z.string(), Input),
    /** The model's inputs, in order. */
    columns: z.array(Column).min(1),
    tensors: z.array(Tensor).min(1),
    /** Tensors that each site learned for itself and keeps: their values here are those with which training began. */
    localTensors: z.array(z.string()).min(1).optional(),
    /** Signed totals about these weights, decimal text; null where a cell is not shown. */
    totals: z.record(
      z.string().max(200),
      z
        .string()
        .regex(/^-?\d{1,20}$/)
        .nullable(),
    ),
  })
  .superRefine((bundle, context) => {
    const expected = modelLayers(bundle.model, inputShape(bundle.columns), bundle.outcome).flatMap(layerTensors);
    const shapes = (tensors: readonly { name: string; shape: readonly number[] }[]) =>
      JSON.stringify(tensors.map(({ name, shape }) => ({ name, shape })));
    if (shapes(expected) !== shapes(bundle.tensors))
      context.addIssue({ code: 'custom', path: ['tensors'], message: 'the tensors of this model, in their order' });
    for (const [index, tensor] of bundle.tensors.entries())
      if (tensor.values.length !== parameterCount([tensor]))
        context.addIssue({ code: 'custom', path: ['tensors', index, 'values'], message: 'as many values as the shape says' });
    for (const [index, name] of (bundle.localTensors ?? []).entries())
      if (!expected.some((tensor) => tensor.name === name))
        context.addIssue({ code: 'custom', path: ['localTensors', index], message: 'one of tensors' });
    for (const [index, column] of bundle.columns.entries())
      if (!Object.hasOwn(bundle.inputs, column.source))
        context.addIssue({ code: 'custom', path: ['columns', index, 'source'], message: 'one of inputs' });
  });
export type ModelBundle = z.infer<typeof ModelBundle>;

/** The bytes that sites hash, sign and hand over: RFC 8785. @throws TypeError for numbers that are not finite */
export function modelBundleBytes(bundle: ModelBundle): Buffer {
  return canonicalJson(JSON.parse(JSON.stringify(bundle)) as Json);
}

/**
 * Reads bundle bytes that came from outside.
 * @throws ConsiliumError INVALID_BUNDLE for bytes that are not JSON, INVALID_FILE for another form
 */
export function readModelBundle(bytes: Uint8Array): ModelBundle {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new ConsiliumError({
      code: 'INVALID_BUNDLE',
      errorClass: 'verification',
      message: 'The model bundle is not JSON.',
      fix: 'Fetch the model again.',
      cause,
    });
  }
  return parseValue(value, ModelBundle, 'model bundle');
}
