import { rosterStatement, signStatement, type Roster, type SiteKeys } from '@consilium/identity';
import { call, type CallLimits, type Connection } from '../connection/index.js';
import { markCountersignatureSent, readMembership, saveCountersignature, unsentCountersignature, type SiteState } from '../state/index.js';

/** Signs a roster after a person here has compared the words: its keys count at this site from now on. */
export function countersign(state: SiteState, { identityKey }: Pick<SiteKeys, 'identityKey'>, roster: Roster): void {
  const { site } = readMembership(state);
  saveCountersignature(state, roster.epoch, signStatement('roster', rosterStatement(roster, site), identityKey).signature);
}

/** Hands the newest signature to the coordinator, unless it has it. @throws ConsiliumError what the coordinator answered */
export async function sendCountersignature(state: SiteState, { roster }: Pick<Connection, 'roster'>, limits?: CallLimits): Promise<void> {
  const unsent = unsentCountersignature(state);
  if (!unsent) return;
  await call(roster.countersign, { epoch: unsent.epoch, signature: Buffer.from(unsent.signature) }, limits);
  markCountersignatureSent(state, unsent.epoch);
}
