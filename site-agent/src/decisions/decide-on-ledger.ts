import type { KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { readIdentityKey } from '@consilium/identity';
import { foreseenRefusal, rdpAccountant, type DecidedBy, type Decision } from '@consilium/ledger';
import { ConsiliumError } from '@consilium/protocol';
import { knownOfficerKey, type SigningOfficer } from '../approval/index.js';
import type { SiteConfig } from '../config/index.js';
import { decidedBy, queueDecision, queuedDecision, waitingDecisions, type QueuedDecision } from '../ledger/index.js';
import { isAgentRunning, type SiteState } from '../state/index.js';
import type { OnLedger } from './on-ledger.js';

/** How long a decision waits for the running agent to enter it; its look at new ones takes a second. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 100;

/** A decision that was signed, and whether it stands in the ledger by now. */
export interface SignedDecision {
  readonly queued: QueuedDecision;
  readonly officer: SigningOfficer | undefined;
  readonly by: DecidedBy;
  readonly running: boolean;
}

/**
 * Signs a decision and leaves it to the ledger's one writer. What the ledger would refuse as it is now is refused before
 * anything is signed.
 * @throws ConsiliumError OFFICER_KEY_NEEDED, OFFICER_UNKNOWN, LEDGER_REFUSED, NOT_ALLOWED, LEDGER_DECISION
 */
export async function decideOnLedger(
  { state, config, read, population }: OnLedger,
  decision: Decision,
  key: KeyObject | undefined,
  signal: AbortSignal,
): Promise<SignedDecision> {
  const officer = key && knownOfficerKey(key, config.officers);
  const by = decidedBy(read.state.name, decision, officer);
  const world = { accountant: rdpAccountant(), readKey: readIdentityKey };
  const refusal = foreseenRefusal(read.state, waitingDecisions(state, population), { decision, by }, world);
  if (refusal) throw refusal.code === 'NOT_ALLOWED' && officer === undefined ? keyNeeded(config) : refusal;
  const id = queueDecision(state, population, decision, by, new Date());
  const running = isAgentRunning(state.layout.lock);
  const queued = running ? await settled(state, id, signal) : queuedDecision(state, id);
  if (queued.outcome === 'refused') throw notTaken(queued.detail ?? '');
  return { queued, officer, by, running };
}

async function settled(state: SiteState, id: number, signal: AbortSignal): Promise<QueuedDecision> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const queued = queuedDecision(state, id);
    if (queued.outcome !== null || Date.now() >= end) return queued;
    await pause(LOOK_MS, undefined, { signal });
  }
}

function keyNeeded({ officers }: Pick<SiteConfig, 'officers'>): ConsiliumError {
  return new ConsiliumError({
    code: 'OFFICER_KEY_NEEDED',
    errorClass: 'forbidden',
    message: 'That loosens what the site allows, and needs the signature of an officer.',
    fix:
      officers.length > 0
        ? 'Give the key of one of the officers in site.yaml: --key FILE'
        : 'This site has no officers yet: consilium-site officer key new -o FILE, then site IT adds the .pub file under officers in site.yaml.',
  });
}

function notTaken(detail: string): ConsiliumError {
  return new ConsiliumError({
    code: 'LEDGER_DECISION',
    errorClass: 'refused',
    message: `The agent did not enter the decision: ${detail}`,
    fix: 'Look at consilium-site ledger show, then decide again.',
  });
}
