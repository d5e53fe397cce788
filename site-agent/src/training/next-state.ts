import { applyUpdate, decodeState, encodeState } from '@consilium/learning';
import { dequantise, openFold } from '@consilium/sealed-sum';
import type { ApplyJob, ApplyResult } from './jobs.js';

/**
 * Opens a round's sum and takes the step: decrypt, take the self-masks off, check, divide, server optimiser (PROTOCOL.md section 4, step 8). The
 * same at every site, bit for bit.
 * @throws ConsiliumError SUM_CHECK without a reason; CIPHERTEXT_REFUSED; NotFinite
 */
export async function nextState(job: ApplyJob): Promise<ApplyResult> {
  const { study, path, bfvKey, checkKey, selfMasks, keyEpoch, contributors } = job;
  const parameters = study.derived.sums[job.round];
  const lanes = await openFold({ path, parameters, bfvKey, checkKey, selfMasks, keyEpoch, contributors });
  const { update, counts } = dequantise(lanes, parameters);
  if (job.round === 'evaluate') return { state: job.state, counts, lanes };
  return { state: encodeState(applyUpdate(decodeState(job.state, study), update, study.algorithm)), counts, lanes };
}
