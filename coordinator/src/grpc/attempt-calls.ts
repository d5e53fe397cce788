import { createHash } from 'node:crypto';
import { attemptTranscript } from '@consilium/identity';
import { ConsiliumError, droppedDigest, listDigest, StudyHash, unmaskDigest, type SiteName } from '@consilium/protocol';
import { ReleasedShares, type ReleasedShare, type RoundServiceServer } from '@consilium/protocol/wire';
import type { Spool, SpoolObject } from '../aggregation/spool.js';
import { droppedSites, type ClosedAttempt, type StudyState } from '../rounds/study-state.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { forSite, type CallContext } from './handlers.js';
import { checkFields, requireMember, type IdentityKeyOf } from './words-of-sites.js';

export interface AttemptCallOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
  readonly spool: Spool;
}

/** 372 shares with their paths are 250 kB. */
const LARGEST_RELEASE = 2 ** 20;

/** A share and its paths; whether they are right is looked at when the key is rebuilt, so that their holder gets a name. */
const isSmall = ({ share, inBox, ofBox }: ReleasedShare): boolean =>
  share.length <= 64 && inBox.length + ofBox.length <= 64 && [...inBox, ...ofBox].every(({ length }) => length <= 32);

/** T of an attempt; the coordinator knows all that it is made of (PROTOCOL.md section 4, step 3). */
export function transcriptOf(state: StudyState, attempt: ClosedAttempt, consortium: string): Buffer {
  const { keyEpoch, round, attempt: number, kind, block, seat, participants, seats, stateBefore } = attempt;
  return attemptTranscript({
    consortium,
    study: state.hash,
    keyEpoch,
    round,
    attempt: number,
    kind,
    block,
    seat,
    participants: participants.map((site) => ({ site, seats: seats.get(site)?.seats ?? '', shares: seats.get(site)?.shares ?? '' })),
    state: stateBefore,
  });
}

/** `root` of the list of an attempt. */
export function listRootOf(attempt: ClosedAttempt): string {
  return listDigest(
    attempt.contributors.flatMap((site) => {
      const upload = attempt.uploads.get(site);
      return upload ? [{ site, ...upload }] : [];
    }),
  );
}

/** The attempt that a site speaks of, if its list is closed and the site holds shares of its block. */
function closedAttempt(state: StudyState, site: SiteName, round: number, number: number): ClosedAttempt | undefined {
  requireMember(state, site);
  const { activity } = state;
  if (activity.phase !== 'round') return undefined;
  const { attempt } = activity;
  if (attempt.phase !== 'closed' && attempt.phase !== 'folded') return undefined;
  return attempt.round === round && attempt.attempt === number && state.block?.holders.has(site) ? attempt : undefined;
}

/** Steps 5 to 7 of PROTOCOL.md section 4: signatures over the list, released shares, signatures over the fold. */
export function attemptCalls({
  context,
  engine,
  consortium,
  keyOf,
  spool,
}: AttemptCallOptions): Pick<RoundServiceServer, 'signList' | 'unmask' | 'signFold'> {
  const contextOf = (study: StudyHash, site: SiteName, attempt: ClosedAttempt) => {
    const { keyEpoch, round, attempt: number } = attempt;
    return { consortium, study, site, keyEpoch, round, attempt: number };
  };
  return {
    signList: forSite(context, 'Round.SignList', async (site, { study: hash, round, attempt: number, signature }) => {
      const study = StudyHash.parse(hash);
      const state = engine.state(study);
      const attempt = closedAttempt(state, site, round, number);
      if (!attempt) return {};
      const transcript = transcriptOf(state, attempt, consortium).toString('hex');
      await checkFields('list', { ...contextOf(study, site, attempt), transcript, root: listRootOf(attempt) }, signature, site, keyOf);
      await engine.submit(study, (now) => {
        const open = closedAttempt(now, site, round, number);
        return open && !open.listSignatures.has(site)
          ? { type: 'listSigned', site, round, attempt: number, signature: signature.toString('hex') }
          : undefined;
      });
      return {};
    }),
    unmask: forSite(context, 'Round.Unmask', async (site, { study: hash, round, attempt: number, message, dropped }) => {
      const study = StudyHash.parse(hash);
      const attempt = closedAttempt(engine.state(study), site, round, number);
      if (!attempt || !message) return {};
      const expected = droppedSites(attempt);
      const shares = dropped.map(({ site: name, ...share }) => ({ site: name as SiteName, ...share }));
      if (
        message.sealed.length + message.proofs.length > LARGEST_RELEASE ||
        shares.some((share) => !expected.includes(share.site) || !isSmall(share))
      )
        throw new ConsiliumError({
          code: 'RELEASE_REFUSED',
          errorClass: 'verification',
          message: 'Shares in clear are of round keys of sites that were asked and did not contribute, and of nothing else.',
          fix: 'Nothing was taken in; look at the site that sent it.',
        });
      const droppedSha256 = droppedDigest(shares);
      const proofsSha256 = createHash('sha256').update(message.proofs).digest();
      const sha256 = unmaskDigest({ sealed: message.sealed, droppedSha256, proofsSha256 });
      await checkFields(
        'unmask',
        { ...contextOf(study, site, attempt), root: listRootOf(attempt), sha256 },
        message.signature,
        site,
        keyOf,
      );
      const object: SpoolObject = { kind: 'shares', study, round, attempt: number, site };
      if (shares.length > 0 && !attempt.releases.has(site)) await spool.write(object, ReleasedShares.encode({ shares: dropped }).finish());
      await engine.submit(study, (now) => {
        const open = closedAttempt(now, site, round, number);
        const release = {
          sealed: message.sealed.toString('hex'),
          signature: message.signature.toString('hex'),
          droppedSha256: droppedSha256.toString('hex'),
          proofs: message.proofs.toString('hex'),
          proofsSha256: proofsSha256.toString('hex'),
        };
        return open && !open.releases.has(site) ? { type: 'unmasked', site, round, attempt: number, release } : undefined;
      });
      // The attempt may have ended meanwhile, and what belongs to it was deleted.
      if (!closedAttempt(engine.state(study), site, round, number)) await spool.discard(object);
      return {};
    }),
    signFold: forSite(context, 'Round.SignFold', async (site, { study: hash, round, attempt: number, signature }) => {
      const study = StudyHash.parse(hash);
      const attempt = closedAttempt(engine.state(study), site, round, number);
      if (attempt?.phase !== 'folded') return {};
      const { bytes, sha256 } = attempt.fold;
      await checkFields('fold', { ...contextOf(study, site, attempt), root: listRootOf(attempt), bytes, sha256 }, signature, site, keyOf);
      await engine.submit(study, (now) => {
        const open = closedAttempt(now, site, round, number);
        const unsigned = open?.phase === 'folded' && !open.foldSignatures.has(site);
        return unsigned ? { type: 'foldSigned', site, round, attempt: number, signature: signature.toString('hex') } : undefined;
      });
      return {};
    }),
  };
}
