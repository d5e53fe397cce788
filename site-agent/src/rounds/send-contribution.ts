import { ConsiliumError } from '@consilium/protocol';
import { ObjectKind, Step } from '@consilium/protocol/wire';
import { parametersHash } from '@consilium/sealed-sum/parameters';
import { ask } from './ask-coordinator.js';
import type { SpentRound } from '../ledger/paid-round.js';
import type { RoundName } from './contribution-checks.js';
import { uploadFileOf } from './round-files.js';
import type { StudyAtSite } from './study-at-site.js';
import { uploadFile } from './upload-file.js';
import { markUpload, type SealedUpload } from './uploads.js';

/**
 * Brings a sealed contribution to the coordinator, once its round is spent; too late is an end, not an error.
 * @param sealed - `begun`: the coordinator may hold a part of it already
 */
export async function sendContribution(
  at: StudyAtSite,
  sealed: SealedUpload & { readonly begun: boolean },
  spent: SpentRound,
  name: RoundName,
  signal: AbortSignal,
): Promise<void> {
  if (spent.round !== sealed.round) throw new TypeError('another round was spent');
  const { round, attempt, keyEpoch, bytes, sha256, outcome, begun } = sealed;
  if (outcome === 'late') return;
  at.report(Step.STEP_UPLOADING, round, attempt);
  const { signature } = at.sign('upload', {
    consortium: at.consortium,
    study: at.hash,
    site: at.name,
    keyEpoch,
    round,
    attempt,
    bytes,
    sha256,
  });
  const { transfer } = at.connection;
  const calls = {
    offset: (request: Parameters<typeof transfer.offset>[0]) => ask(transfer.offset, request, signal),
    upload: transfer.upload,
  };
  const header = {
    study: at.hash,
    kind: ObjectKind.OBJECT_KIND_CONTRIBUTION,
    keyEpoch,
    round,
    attempt,
    parameters: parametersHash(at.study.derived.sums[name]),
    length: BigInt(bytes),
    sha256: Buffer.from(sha256, 'hex'),
  };
  try {
    await uploadFile(calls, { path: uploadFileOf(at.folder, round, attempt), header, signature, begun }, signal);
    if (!signal.aborted) markUpload(at.state, at.hash, round, attempt, 'whole');
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'TOO_LATE') throw error;
    markUpload(at.state, at.hash, round, attempt, 'late');
  }
}
