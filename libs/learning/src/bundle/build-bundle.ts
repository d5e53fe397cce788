import {
  MODEL_BUNDLE_SCHEMA,
  ModelBundle,
  modelBundleBytes,
  parameterCount,
  type ResolvedStudy,
  type StudyHash,
} from '@consilium/protocol';
import type { ModelState } from '../state/model-state.js';
import { wholeState } from '../state/whole-state.js';
import { refuseNotFinite } from '../state/not-finite.js';

/**
 * The bytes of the model that a site votes on, signs and hands over at release. Sites that hold the same state and
 * totals write the same bytes: numbers are shortest exact decimals (RFC 8785), and nothing in it needs exp or log.
 *
 * Local tensors have the values with which training began, and are named: what sites learned for themselves stays there.
 *
 * @param input.round - rounds that led to the state
 * @param input.totals - the signed totals about this state; cells that are not shown are null
 * @throws NotFinite for NaN or an infinity among the weights
 */
export function buildBundle(input: {
  readonly study: ResolvedStudy;
  readonly studyHash: StudyHash;
  readonly state: ModelState;
  /** Where every weight began, of a study that started from given weights. */
  readonly given?: Float64Array | undefined;
  readonly round: number;
  readonly totals: ModelBundle['totals'];
}): Buffer {
  const { study, studyHash, round, totals } = input;
  const { localTensors = [] } = study.derived;
  const state = wholeState(study, input.state, { given: input.given });
  refuseNotFinite(state.tensors, state.weights, 0);
  let offset = 0;
  const tensors = state.tensors.map(({ name, shape }) => {
    const start = offset;
    offset += parameterCount([{ name, shape }]);
    return { name, shape: [...shape], values: Array.from(state.weights.subarray(start, offset)) };
  });
  const bundle = ModelBundle.parse({
    schema: MODEL_BUNDLE_SCHEMA,
    study: { hash: studyHash, name: study.name, purpose: study.purpose },
    round,
    model: study.model,
    outcome: study.cohort.outcome,
    inputs: study.cohort.inputs,
    columns: study.derived.columns,
    tensors,
    ...(localTensors.length > 0 ? { localTensors: localTensors.map(({ name }) => name) } : {}),
    totals,
  });
  return modelBundleBytes(bundle);
}
