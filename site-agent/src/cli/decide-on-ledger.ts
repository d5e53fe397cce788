import { setTimeout as pause } from 'node:timers/promises';
import { readIdentityKey } from '@consilium/identity';
import { decisionWords, foreseenRefusal, rdpAccountant, type DecidedBy, type Decision } from '@consilium/ledger';
import { ConsiliumError } from '@consilium/protocol';
import { knownOfficerKey, type SigningOfficer } from '../approval/index.js';
import type { SiteConfig } from '../config/index.js';
import { decidedBy, queueDecision, queuedDecision, waitingDecisions, type QueuedDecision } from '../ledger/index.js';
import { isAgentRunning, type SiteState } from '../state/index.js';
import type { CliIo } from './cli-io.js';
import type { GlobalOptions } from './command-frame.js';
import { readOfficerKey } from './officer-key-file.js';
import type { Outcome } from './outcome.js';
import { withLedger, type OnLedger } from './with-ledger.js';

/** How long a command waits for the running agent to enter a decision; its look at new ones takes a second. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 100;

/**
 * Signs a decision and leaves it to the ledger's one writer. What the ledger would refuse as it is now is refused before
 * anything is signed.
 * @throws ConsiliumError LEDGER_UNKNOWN, OFFICER_KEY_NEEDED, OFFICER_UNKNOWN, LEDGER_REFUSED, NOT_ALLOWED, LEDGER_DECISION
 */
export function decideOnLedger(
  io: CliIo,
  globals: GlobalOptions,
  name: string,
  key: string | undefined,
  decided: (at: OnLedger) => Decision,
): Promise<Outcome> {
  return withLedger(io, globals, name, async (at) => {
    const { state, config, read, population } = at;
    const decision = decided(at);
    const given = await readOfficerKey(io, key);
    const officer = given && knownOfficerKey(given, config.officers);
    const by = decidedBy(read.state.name, decision, officer);
    const world = { accountant: rdpAccountant(), readKey: readIdentityKey };
    const refusal = foreseenRefusal(read.state, waitingDecisions(state, population), { decision, by }, world);
    if (refusal) throw refusal.code === 'NOT_ALLOWED' && officer === undefined ? keyNeeded(config) : refusal;
    const id = queueDecision(state, population, decision, by, new Date());
    const running = isAgentRunning(state.layout.lock);
    const queued = running ? await settled(state, id, io.signal) : queuedDecision(state, id);
    if (queued.outcome === 'refused') throw notTaken(queued.detail ?? '');
    return told(queued, officer, by, running);
  });
}

async function settled(state: SiteState, id: number, signal: AbortSignal): Promise<QueuedDecision> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const queued = queuedDecision(state, id);
    if (queued.outcome !== null || Date.now() >= end) return queued;
    await pause(LOOK_MS, undefined, { signal });
  }
}

function told(
  { decision, outcome, population, detail }: QueuedDecision,
  officer: SigningOfficer | undefined,
  by: DecidedBy,
  running: boolean,
): Outcome {
  const entered = outcome === 'entered';
  const where = entered
    ? 'It stands in the ledger and acts from the next round on; consilium-site ledger show has it.'
    : running
      ? `The agent enters it before it reserves or spends anything more; it waits: ${detail ?? 'its log says for what'}.`
      : 'The agent does not run: it enters this first when it starts, before it reserves or spends anything (consilium-site run).';
  return {
    data: { population, decision, by: { role: by.role, name: by.name, key: by.role === 'officer' ? by.key : null }, entered, running },
    text: `Signed for population ${population}: ${decisionWords(decision)}, by ${officer ? `officer ${officer.name}` : 'this site'}.\n${where}`,
  };
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
