import { hasSigned, memberOf, sameKeys, type Roster, type RosterMember } from '@consilium/identity';
import type { ResolvedStudy, SiteName, Statement, StatementKind, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { oldestRosterFrom, readMembership, rosterInForce, type SiteState } from '../state/index.js';
import { siteRefused, type SiteRefused } from './site-refused.js';

/** One site of a study with the keys that hold for the whole study. */
export type StudyMember = RosterMember;

/** The sites of a study, in the study's order. */
export type StudyMembers = ReadonlyMap<SiteName, StudyMember>;

/** Whether `site` signed exactly this statement. */
export type VerifyStatement = <K extends StatementKind>(kind: K, site: SiteName, statement: Statement<K>, signature: Uint8Array) => boolean;

const Row = z.object({ epoch: z.int() });

/** The sentence stays at the site, in the incident; what leaves is the code. */
const refused = (inForce: Roster | undefined, message: string): SiteRefused =>
  siteRefused('ROSTER', { epoch: inForce === undefined ? 'none' : String(inForce.epoch) }, new Error(message));

/**
 * Fixes whose keys hold in a study, when this site first works in it: those of the roster epoch that the study was
 * launched at, if this site has countersigned that epoch, or a later one in which the study's sites have the same keys.
 * Where this site was given no roster so old, the oldest that it was given stands for it. From then on neither newcomers
 * nor certificates change anything in it. Doing it again is doing it once.
 * @throws SiteRefused ROSTER
 */
export function fixRoster(state: SiteState, hash: StudyHash, { sites }: ResolvedStudy, epoch: number): void {
  const inForce = rosterInForce(state);
  const fixed = studyRosterEpoch(state, hash);
  if (fixed !== undefined) {
    if (fixed !== epoch) throw refused(inForce, `The study was launched at roster epoch ${fixed}, and ${epoch} is named now.`);
    return;
  }
  const at = oldestRosterFrom(state, epoch);
  if (inForce === undefined || epoch > inForce.epoch || at === undefined)
    throw refused(inForce, `The study needs the roster of epoch ${epoch}, which this site has not countersigned.`);
  for (const site of sites.names) {
    const then = at.members.find((member) => member.site === site);
    const now = inForce.members.find((member) => member.site === site);
    if (!then || !now || !sameKeys(then, now)) throw refused(inForce, `Site ${site} is not on the roster with the keys of epoch ${epoch}.`);
  }
  state.database.prepare('INSERT INTO study_roster (study, epoch) VALUES (?, ?)').run(hash, epoch);
}

/** The roster epoch that holds in a study; undefined before {@link fixRoster}. */
export function studyRosterEpoch(state: SiteState, hash: StudyHash): number | undefined {
  const row = state.database.prepare('SELECT epoch FROM study_roster WHERE study = ?').get(hash);
  return row === undefined ? undefined : Row.parse(row).epoch;
}

/**
 * The keys of a study's sites: those fixed at its start that are still in the newest roster that this site has
 * countersigned. A site that has left, or has other keys now, is missing here: nothing that it signs is believed, and
 * nothing is sealed to it.
 * @throws SiteRefused ROSTER where nothing is fixed yet, or this site itself has other keys now
 */
export function studyMembers(state: SiteState, hash: StudyHash, { sites }: ResolvedStudy): StudyMembers {
  const inForce = rosterInForce(state);
  const epoch = studyRosterEpoch(state, hash);
  const fixed = epoch === undefined ? undefined : oldestRosterFrom(state, epoch);
  if (!inForce || !fixed) throw refused(inForce, 'Which roster holds in this study is not fixed yet.');
  const current = new Map(inForce.members.map((member) => [member.site, member]));
  const members = new Map(
    sites.names.flatMap((site): [SiteName, StudyMember][] => {
      const then = memberOf(fixed, site);
      const now = current.get(site);
      return now && sameKeys(then, now) ? [[site, then]] : [];
    }),
  );
  const { site } = readMembership(state);
  if (!members.has(site)) throw refused(inForce, 'This site has other keys now than when the study began.');
  return members;
}

/** Checks signatures of a study's sites, and of nobody else. */
export function verifierOf(members: StudyMembers): VerifyStatement {
  return (kind, site, statement, signature) => {
    const member = members.get(site);
    if (!member) return false;
    try {
      return hasSigned(kind, statement, signature, member.identityKey);
    } catch {
      return false;
    }
  };
}
