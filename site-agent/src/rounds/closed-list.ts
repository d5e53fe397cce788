import { ConsiliumError, listDigest, type SiteName, type Statement } from '@consilium/protocol';
import type { SignList, SiteSignature } from '@consilium/protocol/wire';
import { stateOfRound, type AppliedState } from './applied-states.js';
import { requireKeys, transcriptOf } from './attempt-keys.js';
import type { AttemptPlace } from './attempts.js';
import { roundName, type RoundName } from './contribution-checks.js';
import { checkContributors } from './contributor-list.js';
import type { EpochKeys } from './key-epochs.js';
import { currentState } from './own-state.js';
import type { AttemptSeats, ParticipantSeat } from './seat-material.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';
import { studyMembers, type VerifyStatement } from './study-members.js';
import { findUpload } from './uploads.js';
import { rememberingVerifier } from './verified-signatures.js';

/** A closed list of contributors that this site has checked, with all that its steps are about. */
export interface ClosedList<Seat extends ParticipantSeat = ParticipantSeat> {
  readonly place: AttemptPlace;
  readonly name: RoundName;
  readonly keys: EpochKeys;
  /** This site's own state before the round. */
  readonly before: AppliedState;
  /** U2. */
  readonly participants: readonly Seat[];
  /** How the secrets of this block are shared. */
  readonly sharing: Pick<AttemptSeats, 'graph' | 'seats' | 'checked'>;
  /** U3. */
  readonly contributors: readonly Seat[];
  /** T. */
  readonly transcript: Buffer;
  /** `listDigest`, hex. */
  readonly root: string;
  readonly verify: VerifyStatement;
}

/** Where the statements of an attempt belong. */
export interface AttemptContext {
  readonly consortium: string;
  readonly study: StudyAtSite['hash'];
  readonly keyEpoch: number;
  readonly round: number;
  readonly attempt: number;
}

export function contextOf(at: StudyAtSite, { keyEpoch, round, attempt }: AttemptPlace): AttemptContext {
  return { consortium: at.consortium, study: at.hash, keyEpoch, round, attempt };
}

/**
 * Checks a closed list (PROTOCOL.md section 4, steps 4 and 5): all contributors were asked, none that must be there is
 * missing, each signed its upload, and this site's own is the one it made.
 * @param seatsOf - what this site knows of the participants
 * @throws ConsiliumError LIST_REFUSED, ANNOUNCEMENT_REFUSED; SiteRefused KEY_EPOCH, OUT_OF_STEP
 */
export function checkList<Seat extends ParticipantSeat>(
  at: StudyAtSite,
  list: SignList,
  seatsOf: (place: AttemptPlace) => AttemptSeats<Seat>,
): ClosedList<Seat> {
  const { keyEpoch, round, attempt, block, seat } = list;
  const place = { keyEpoch, round, attempt, block, seat };
  const name = roundName(at.study, round, list.kind);
  const keys = requireKeys(at, keyEpoch);
  if (round === 1) currentState(at);
  const before = stateOfRound(at.state, at.hash, round - 1);
  if (!before) throw siteRefused('OUT_OF_STEP', {}, new Error(`this site does not hold the state of round ${round - 1}`));
  const verify = rememberingVerifier(at.state, studyMembers(at.state, at.hash, at.study));
  const { participants, ...sharing } = seatsOf(place);
  const sites = checkContributors(
    list.contributors,
    {
      ...contextOf(at, place),
      participants: participants.map(({ site }) => site),
      minSites: at.study.derived.thresholds.m,
      mandatory: at.study.sites.mandatory,
      uploadBytes: at.study.derived.sums[name].uploadBytes,
      self: at.name,
      ownUpload: findUpload(at.state, at.hash, round, attempt)?.sha256,
    },
    verify,
  );
  // Colluders who know the self-masks could read a part of the sum that hangs together with nothing else.
  if (!sharing.graph.keepsTogether(sites)) throw tornApart();
  return {
    place,
    name,
    keys,
    before,
    participants,
    sharing,
    contributors: participants.filter(({ site }) => sites.includes(site)),
    transcript: transcriptOf(at, keys, place, name, participants, before.digest),
    root: listDigest(
      list.contributors.map(({ site, uploadBytes, uploadSha256, signature }) => ({
        site,
        bytes: Number(uploadBytes),
        sha256: uploadSha256.toString('hex'),
        signature: signature.toString('hex'),
      })),
    ),
    verify,
  };
}

const tornApart = () =>
  new ConsiliumError({
    code: 'LIST_REFUSED',
    errorClass: 'verification',
    message: 'So many neighbours of some sites are missing that the masks of the others no longer hold the sum together.',
    fix: 'The attempt ends; the next one is made when more of them are there.',
  });

/** The "list" statement of a site: T is in it, so that views that differ do not gather t signatures (step 5). */
export function listStatement(at: StudyAtSite, { place, transcript, root }: ClosedList, site: SiteName): Statement<'list'> {
  return { ...contextOf(at, place), site, transcript: transcript.toString('hex'), root };
}

/** What a site stands by for ever once it has signed a list: the list and T, so that no other U2 passes with the same contributors. */
export function standsBy({ root, transcript }: Pick<ClosedList, 'root' | 'transcript'>): string {
  return `${root} ${transcript.toString('hex')}`;
}

/** The distinct sites of the study that signed what `isSigned` asks for. */
export function signersOf(
  at: StudyAtSite,
  signatures: readonly SiteSignature[],
  isSigned: (site: SiteName, signature: Uint8Array) => boolean,
): readonly SiteName[] {
  return at.study.sites.names.filter((name) => signatures.some(({ site, signature }) => site === name && isSigned(name, signature)));
}
