import { holdingKey, PURPOSES, type Ledger, type Purpose, type RoundsOf } from '@consilium/ledger';
import type { PopulationName, StudyHash } from '@consilium/protocol';
import type { AbortCertificate } from '@consilium/protocol/wire';
import type { SiteState } from '../state/index.js';
import { recoveredUpTo } from './recovered.js';
import type { LedgerStudy } from './study-rounds.js';

/**
 * Settles what a study that is over still holds: rounds in which this site uploaded nothing go back, and those of which it
 * cannot know that count as spent (PROTOCOL.md section 7, "Spent means uploaded"). Doing it again is doing it once.
 */
export async function settle(ledger: Ledger, state: SiteState, population: PopulationName, study: StudyHash): Promise<void> {
  const recovered = recoveredUpTo(state, population);
  const doubtful = (round: number, reserve: number) => reserve < recovered || wasUploaded(state, study, round);
  await movePieces(
    reservedRounds(ledger, study, (round, reserve) => !doubtful(round, reserve)),
    (items) => ledger.giveBack(study, items),
  );
  await movePieces(reservedRounds(ledger, study, doubtful), (items) => ledger.writeOff(study, items));
}

/**
 * Enough sites of the study bound themselves never to release the round, so that nobody can open what this site uploaded
 * in it: its price goes back, with their words in the entry (PROTOCOL.md section 7). Doing it again is doing it once.
 * @param certificate - as the coordinator handed it on; the ledger checks it, with the study's own n, t and c
 * @throws ConsiliumError LEDGER_REFUSED for a certificate that is short or forged
 */
export async function returnAborted(ledger: Ledger, { hash, study }: LedgerStudy, { round, signatures }: AbortCertificate): Promise<void> {
  const holdings = ledger.state.studies.get(hash)?.holdings;
  const purposes = PURPOSES.filter((purpose) => {
    const status = holdings?.get(holdingKey(purpose, round))?.status;
    return status === 'reserved' || status === 'spent';
  });
  if (purposes.length === 0) return;
  const { n, t, c } = study.derived.thresholds;
  // The word of a member that is no site of the study says nothing about its shares.
  const ofStudy = study.sites.names.flatMap((site) => {
    const word = signatures.find((one) => one.site === site);
    return word ? [{ site, signature: word.signature.toString('hex') }] : [];
  });
  await ledger.giveBackAborted(hash, round, purposes, { n, t, c, signatures: ofStudy });
}

/** This site has forgotten what it did in rounds up to `last` (STATE_RESTORED): what it holds of them counts as spent. */
export async function writeOffUpTo(ledger: Ledger, study: StudyHash, last: number): Promise<void> {
  await movePieces(
    reservedRounds(ledger, study, (round) => round <= last),
    (items) => ledger.writeOff(study, items),
  );
}

/** The most rounds of one purpose in an entry. */
const PIECE = 50;

function reservedRounds(
  ledger: Ledger,
  study: StudyHash,
  wanted: (round: number, reserve: number) => boolean,
): ReadonlyMap<Purpose, number[]> {
  const found = new Map<Purpose, number[]>();
  for (const [key, { status, reserve }] of ledger.state.studies.get(study)?.holdings ?? []) {
    const [purpose, number] = key.split(' ') as [Purpose, string];
    const round = Number(number);
    if (status === 'reserved' && wanted(round, reserve)) found.set(purpose, [...(found.get(purpose) ?? []), round]);
  }
  return found;
}

async function movePieces(rounds: ReadonlyMap<Purpose, number[]>, move: (items: readonly RoundsOf[]) => Promise<void>): Promise<void> {
  for (const [purpose, list] of rounds) {
    const ascending = list.toSorted((one, other) => one - other);
    for (let first = 0; first < ascending.length; first += PIECE) await move([{ purpose, rounds: ascending.slice(first, first + PIECE) }]);
  }
}

function wasUploaded(state: SiteState, study: StudyHash, round: number): boolean {
  return state.database.prepare('SELECT 1 FROM study_upload WHERE study = ? AND round = ?').get(study, round) !== undefined;
}
