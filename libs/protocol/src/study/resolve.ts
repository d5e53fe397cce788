import { canonicalJson, sha256Hex, type Json } from '../canonical-json.js';
import { ConsiliumError } from '../errors/consilium-error.js';
import { StudyHash } from '../names.js';
import { parseValue } from '../parse-yaml.js';
import { encodedColumns, encodedColumnsHash, inputShape, type EncodedColumn } from './encoded-columns.js';
import { localNames } from './local-layer-problems.js';
import { MASK_RULES, type MaskRules } from './mask-rules.js';
import { modelLayers, type Layer } from './layers.js';
import { recordWeights, type RecordWeights } from './record-weights.js';
import { sortTensors } from './named-tensors.js';
import { parameterCount, type TensorShape } from './tensor-shape.js';
import { StudyFile } from './study-file.js';
import { sumsOf, type SealParametersOf } from './study-sums.js';
import type { SealParameters } from './sum-shape.js';
import type { DerivedNoise } from './noise.js';
import { thresholds, type Thresholds } from './thresholds.js';

export const STUDY_SCHEMA_VERSION = 1;

/** What follows from a study file: written into the hashed study, derived again by every site and compared. */
export interface DerivedStudy {
  readonly schemaVersion: typeof STUDY_SCHEMA_VERSION;
  readonly columns: readonly EncodedColumn[];
  /** SHA-256 of the encoded column names, hex. */
  readonly columnsHash: string;
  readonly layers: readonly Layer[];
  /** What the sites learn together: what a state, an update and a sealed sum hold. */
  readonly tensors: readonly TensorShape[];
  /** What each site learns for itself; absent where nothing is local. */
  readonly localTensors?: readonly TensorShape[];
  /** Absent where every record weighs the same. */
  readonly recordWeights?: RecordWeights;
  /** Of `tensors`. */
  readonly parameterCount: number;
  readonly thresholds: Thresholds;
  readonly masks: MaskRules;
  /** Absent in mode `none`. */
  readonly noise?: DerivedNoise;
  /** The parameter objects of the two kinds of round. */
  readonly sums: { readonly train: SealParameters; readonly evaluate: SealParameters };
}

/** The study whose canonical JSON is hashed: all defaults written out, all derived values beside them. */
export interface ResolvedStudy extends StudyFile {
  readonly derived: DerivedStudy;
}

/**
 * Fills in what follows from a study file.
 * @throws ConsiliumError where the study cannot run: thresholds, noise, or a sum that does not fit its lanes
 */
export function resolveStudy(file: StudyFile, sealParametersOf: SealParametersOf): ResolvedStudy {
  const columns = encodedColumns(file.cohort);
  const layers = modelLayers(file.model, inputShape(columns), file.cohort.outcome);
  const { shared: tensors, local } = sortTensors(layers, localNames(file.algorithm), file.model.train);
  const weights = recordWeights(file.cohort, file.algorithm);
  const limits = thresholds(file.sites.names.length, file.sites.minSites, file.sites.tolerateColluders);
  const count = parameterCount(tensors);
  return {
    ...file,
    sites: { ...file.sites, minSites: limits.m, tolerateColluders: limits.c },
    derived: {
      schemaVersion: STUDY_SCHEMA_VERSION,
      columns,
      columnsHash: encodedColumnsHash(columns),
      layers,
      tensors,
      ...(local.length > 0 ? { localTensors: local } : {}),
      ...(weights ? { recordWeights: weights } : {}),
      parameterCount: count,
      thresholds: limits,
      masks: MASK_RULES,
      ...sumsOf(file, count, limits, sealParametersOf),
    },
  };
}

/** The bytes that are hashed, approved and sent: RFC 8785. */
export function studySpecification(study: ResolvedStudy): Buffer {
  // Through JSON first: optional fields that are undefined are absent from the hashed form.
  return canonicalJson(JSON.parse(JSON.stringify(study)) as Json);
}

export function studyHash(specification: Uint8Array): StudyHash {
  return StudyHash.parse(sha256Hex(specification));
}

/**
 * Reads a specification that came from outside, derives everything again and compares byte for byte.
 * @throws ConsiliumError INVALID_STUDY where the bytes are not the canonical form of a study this version resolves alike
 */
export function readSpecification(specification: Uint8Array, sealParametersOf: SealParametersOf): ResolvedStudy {
  const refuse = (message: string, cause?: unknown) =>
    new ConsiliumError({
      code: 'INVALID_STUDY',
      errorClass: 'verification',
      message,
      fix: 'Propose the study again with this version of Consilium.',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(specification).toString('utf8'));
  } catch (cause) {
    throw refuse('The study specification is not JSON.', cause);
  }
  if (typeof value !== 'object' || value === null) throw refuse('The study specification is not a JSON object.');
  const { derived: _, ...file } = value as Record<string, unknown>;
  const study = resolveStudy(parseValue(file, StudyFile, 'study specification'), sealParametersOf);
  if (!studySpecification(study).equals(specification))
    throw refuse('The study specification differs from what this version derives from it.');
  return study;
}
