import { rosterHash, rosterStatement, signStatement, type Roster, type SiteKeys } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { call, type CallLimits, type Connection } from '../connection/index.js';
import {
  markCountersignatureSent,
  readMembership,
  rosterOfEpoch,
  saveCountersignature,
  unsentCountersignature,
  type SiteState,
} from '../state/index.js';

/**
 * Signs a roster after a person here has compared the words: its keys count at this site from now on.
 * @param roster - the very one whose words were compared
 * @throws ConsiliumError ROSTER_CHAIN: this site has been given another roster of that epoch meanwhile, and keeps that one
 */
export function countersign(state: SiteState, { identityKey }: Pick<SiteKeys, 'identityKey'>, roster: Roster): void {
  const { site } = readMembership(state);
  const kept = rosterOfEpoch(state, roster.epoch);
  if (!kept || !rosterHash(kept).equals(rosterHash(roster)))
    throw new ConsiliumError({
      code: 'ROSTER_CHAIN',
      errorClass: 'verification',
      message: `The coordinator has given this site two rosters of epoch ${roster.epoch}; nothing was signed.`,
      fix: "Compare the roster's words with another member by phone (consilium-site roster show), and ask the coordinator's admin.",
    });
  saveCountersignature(state, roster.epoch, signStatement('roster', rosterStatement(roster, site), identityKey).signature);
}

/** Hands the newest signature to the coordinator, unless it has it. @throws ConsiliumError what the coordinator answered */
export async function sendCountersignature(state: SiteState, { roster }: Pick<Connection, 'roster'>, limits?: CallLimits): Promise<void> {
  const unsent = unsentCountersignature(state);
  if (!unsent) return;
  await call(roster.countersign, { epoch: unsent.epoch, signature: Buffer.from(unsent.signature) }, limits);
  markCountersignatureSent(state, unsent.epoch);
}
