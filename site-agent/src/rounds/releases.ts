import type { PrivacyMode, SiteName, StudyHash } from '@consilium/protocol';
import { UnmaskRequest } from '@consilium/protocol/wire';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';
import { siteRefused } from './site-refused.js';

/** What a sum tells about a state: an update that starts from it, or figures about it. */
export type Told = 'update' | 'metrics';

/** One release of shares, as far as another one depends on it. */
export interface Release {
  readonly round: number;
  readonly attempt: number;
  readonly keyEpoch: number;
  /** SHA-256 of the state before the round, hex. */
  readonly stateDigest: string;
  readonly kinds: readonly Told[];
  /** U3, in the order of the study. */
  readonly contributors: readonly SiteName[];
}

const Row = z
  .object({
    round: z.number(),
    attempt: z.number(),
    key_epoch: z.number(),
    state_digest: z.string(),
    kinds: z.string(),
    contributors: z.string(),
  })
  .transform(({ key_epoch: keyEpoch, state_digest: stateDigest, kinds, contributors, ...row }): Release => ({
    ...row,
    keyEpoch,
    stateDigest,
    kinds: kinds.split(' ') as Told[],
    contributors: contributors.split(' ') as SiteName[],
  }));

/**
 * One release a round, not an attempt (PROTOCOL.md section 4): two sums over one state whose lists differ would give the
 * update of the sites in one of them. In mode `none` training is deterministic, so the same list gives the same sum
 * again, and the rule spans rounds; noise makes every round a release of its own, paid for by itself. Another attempt of a round counts only after a change of keys, which is what a
 * failed sum check leads to.
 * @throws SiteRefused RELEASED
 */
export function checkRelease(past: readonly Release[], wanted: Release, { mode }: { readonly mode: PrivacyMode }): void {
  for (const release of past) {
    const sameRound = release.round === wanted.round;
    if (sameRound && release.attempt === wanted.attempt) continue;
    const sameList = release.contributors.join(' ') === wanted.contributors.join(' ');
    const aboutTheSame =
      mode === 'none' && release.stateDigest === wanted.stateDigest && release.kinds.some((kind) => wanted.kinds.includes(kind));
    if ((sameRound && wanted.keyEpoch <= release.keyEpoch) || ((sameRound || aboutTheSame) && !sameList))
      throw siteRefused('RELEASED', {}, new Error(`shares were released in attempt ${release.round}.${release.attempt}`));
  }
}

/** Past releases that {@link checkRelease} looks at: of the same round, or about the same state. */
export function releasesBeside(
  state: SiteState,
  study: StudyHash,
  { round, stateDigest }: Pick<Release, 'round' | 'stateDigest'>,
): readonly Release[] {
  return state.database
    .prepare(
      `SELECT round, attempt, key_epoch, state_digest, kinds, contributors FROM study_release
       WHERE study = ? AND (round = ? OR state_digest = ?) ORDER BY round, attempt`,
    )
    .all(study, round, stateDigest)
    .map((row) => Row.parse(row));
}

/** The message of a release, which goes out again as it was; undefined where there is none, or it is deleted. */
export function releasedMessage(state: SiteState, study: StudyHash, round: number, attempt: number): UnmaskRequest | undefined {
  const row = state.database
    .prepare('SELECT message FROM study_release WHERE study = ? AND round = ? AND attempt = ?')
    .get(study, round, attempt);
  const message = row === undefined ? null : z.object({ message: z.instanceof(Uint8Array).nullable() }).parse(row).message;
  return message ? UnmaskRequest.decode(message) : undefined;
}

/** Durable when it returns: before a share leaves. */
export function saveRelease(state: SiteState, study: StudyHash, release: Release, message: UnmaskRequest): void {
  const { round, attempt, keyEpoch, stateDigest, kinds, contributors } = release;
  state.database
    .prepare(
      `INSERT INTO study_release (study, round, attempt, key_epoch, state_digest, kinds, contributors, message)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(study, round, attempt, keyEpoch, stateDigest, kinds.join(' '), contributors.join(' '), UnmaskRequest.encode(message).finish());
}
