import { ConsiliumError } from '@consilium/protocol';
import { fetchProposals, type Proposal } from '../approval/index.js';
import type { MemberWork } from '../decisions/index.js';
import { studyByPrefix, type StoredStudy } from '../state/index.js';
import type { CliIo } from './cli-io.js';

/** Enough for a coordinator that answers; an officer should not wait longer for one that does not. */
const ASK_MS = 10_000;

/** What the coordinator proposes now; nothing, with a note, where it cannot be asked. */
export async function newProposals({ state, connection }: MemberWork, io: CliIo, offline: boolean): Promise<readonly Proposal[]> {
  if (offline) return [];
  try {
    return await fetchProposals(state, connection, { timeoutMs: ASK_MS, signal: io.signal });
  } catch (error) {
    if (!(error instanceof ConsiliumError) || (error.errorClass !== 'unreachable' && error.errorClass !== 'timeout')) throw error;
    io.stderr.write('The coordinator cannot be reached; this is what the site has received before.\n');
    return [];
  }
}

/**
 * The study that begins with these digits, received just now or before.
 * @throws ConsiliumError STUDY_ALTERED (exit 6) where the coordinator's bytes do not have the hash that it names, or
 *   resolve to something else here; STUDY_UNKNOWN, STUDY_AMBIGUOUS, STUDY_HASH
 */
export async function knownStudy(member: MemberWork, io: CliIo, prefix: string, offline: boolean): Promise<StoredStudy> {
  const proposals = await newProposals(member, io, offline);
  const refused = proposals.find(({ hash, study }) => study === undefined && hash.startsWith(prefix));
  if (refused && refused.study === undefined)
    throw new ConsiliumError({
      code: 'STUDY_ALTERED',
      errorClass: 'verification',
      message: `What the coordinator sent as study ${prefix.slice(0, 8)} is not what that hash stands for, or not what this version makes of it.${refused.reason?.code === 'INVALID_STUDY' ? ` ${refused.reason.message}` : ''}`,
      fix: 'Do not approve it. Ask the researcher for the hash and the version that it was proposed with.',
      problems: refused.reason?.problems ?? [],
      cause: refused.reason,
    });
  return studyByPrefix(member.state, prefix);
}
