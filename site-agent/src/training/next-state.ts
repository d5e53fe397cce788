import { applyPrivateSum, applyUpdate, decodeState, encodeState, type ModelState } from '@consilium/learning';
import { normRule } from '@consilium/privacy/mechanism';
import { expandNames } from '@consilium/protocol';
import { dequantise, noisedSums, openFold } from '@consilium/sealed-sum';
import { siteRefused } from '../rounds/site-refused.js';
import type { ApplyJob, ApplyResult } from './jobs.js';

/**
 * Opens a round's sum and takes the step: decrypt, take the self-masks off, check, divide, server optimiser (PROTOCOL.md section 4, step 8). The
 * same at every site, bit for bit.
 * @throws ConsiliumError SUM_CHECK without a reason; CIPHERTEXT_REFUSED; NotFinite
 */
export async function nextState(job: ApplyJob): Promise<ApplyResult> {
  const { study, path, bfvKey, checkKey, selfMasks, keyEpoch, contributors } = job;
  const parameters = study.derived.sums[job.round];
  const begun = performance.now();
  const lanes = await openFold({ path, parameters, bfvKey, checkKey, selfMasks, keyEpoch, contributors });
  const openMs = performance.now() - begun;
  const counts = study.derived.noise ? tableCells(lanes, job) : dequantise(lanes, parameters).counts;
  if (job.round === 'evaluate') return { state: job.state, counts, lanes, openMs };
  return { state: encodeState(step(job, decodeState(job.state, study), lanes)), counts, lanes, openMs };
}

function tableCells(lanes: Int32Array, { study, round }: ApplyJob): Readonly<Record<string, bigint>> {
  const parameters = study.derived.sums[round];
  const { table } = noisedSums(lanes, parameters);
  const segment = parameters.segments.find(({ name }) => name === 'table');
  const names = segment?.name === 'table' ? expandNames(segment.names) : [];
  return Object.fromEntries(names.map((name, index) => [name, BigInt(table[index] ?? 0)]));
}

/** The server's step, by what the lanes mean in the study's privacy mode (PROTOCOL.md sections 5 and 6). */
function step({ study, contributors, publicSize }: ApplyJob, state: ModelState, lanes: Int32Array): ModelState {
  const { algorithm, privacy } = study;
  const { noise, sums } = study.derived;
  if (noise === undefined || privacy.mode === 'none' || privacy.mode === 'patient/local') {
    if (algorithm.name === 'dp-sgd') throw siteRefused('ENGINE_UNSUPPORTED', { op: algorithm.name });
    return applyUpdate(state, dequantise(lanes, sums.train).update, algorithm, contributors / study.derived.thresholds.n);
  }
  const sum = noisedSums(lanes, sums.train).update;
  const rule = normRule(state.weights.length, privacy.clip, noise.normBound);
  if (algorithm.name === 'dp-sgd') {
    const expected = (noise.sampling.numerator / 2 ** noise.sampling.bits) * publicSize;
    return applyPrivateSum(state, sum, { rule, expected, rate: algorithm.learningRate, l2: study.model.l2 });
  }
  // Mode `site`: every site weighs the same, and how many contributed is public.
  const scale = rule.clip / rule.scaledBound;
  return applyUpdate(
    state,
    Float64Array.from(sum, (value) => (value * scale) / contributors),
    algorithm,
  );
}
