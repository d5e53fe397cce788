import type { CoordinatorWord, Decision, DecidedBy, Ledger } from '@consilium/ledger';
import { ConsiliumError, type PopulationName, type StudyHash } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { findApproval, type SiteState } from '../state/index.js';
import { dropDecision, noteWaiting, settleDecision, waitingDecisions, type QueuedDecision } from './decision-queue.js';
import { tighteningFault, type TighteningFault } from './tightening-fault.js';

export interface Entering {
  readonly state: SiteState;
  readonly population: PopulationName;
  readonly config: Pick<SiteConfig, 'officers'>;
  readonly now: Date;
  /** Said once of each decision that the ledger does not take. */
  readonly refused: (decision: Decision, code: string) => void;
  /** Each decision that is over now, entered or refused; with the last request of the coordinator that stands in the ledger. */
  readonly settled?: ((queued: QueuedDecision, lastRequest: number) => void) | undefined;
}

/**
 * Enters what people have decided since, in their order, and the approvals that have ended. A decision that stands in the
 * ledger already (the agent ended between writing and noting it) is not entered again: officers' words are taken once.
 * One that the ledger refuses is over, and says why; one by a key that is not an officer's waits. Neither holds up another.
 * @throws ConsiliumError DISK_FULL, LEDGER_WRITE, LEDGER_ROLLED_BACK: what is left waits
 */
export async function enterDecisions(ledger: Ledger, entering: Entering): Promise<void> {
  const { state, population, config } = entering;
  for (const queued of waitingDecisions(state, population)) {
    const { decision, by } = queued;
    const why = strangerWhy(decision, by, config);
    if (standsIn(ledger, by)) settle(ledger, entering, queued, 'entered');
    else if (why !== undefined) noteWaiting(state, queued, why);
    else await enter(ledger, entering, queued);
  }
  await endApprovals(ledger, entering);
}

/** The agent ended after it wrote the entry and before it noted so. */
function standsIn(ledger: Ledger, by: DecidedBy): boolean {
  if (by.role === 'officer') return ledger.hasWord(by.nonce);
  return by.role === 'coordinator' && ledger.state.decisions.some((one) => one.by.role === by.role && one.by.request === by.request);
}

function settle(
  ledger: Ledger,
  { state, settled }: Entering,
  queued: QueuedDecision,
  outcome: 'entered' | 'refused',
  detail: string | null = null,
): void {
  // A number that did not fit is not taken: it may come again when it does.
  if (outcome === 'refused' && detail === OUT_OF_TURN) dropDecision(state, queued.id);
  else settleDecision(state, queued.id, outcome, detail);
  settled?.({ ...queued, outcome, detail }, ledger.state.lastRequest);
}

async function enter(ledger: Ledger, entering: Entering, queued: QueuedDecision): Promise<void> {
  const { decision, by } = queued;
  const word = by.role === 'coordinator' ? coordinatorFault(ledger, decision, by) : undefined;
  if (word !== undefined) {
    settle(ledger, entering, queued, 'refused', word);
    return entering.refused(decision, word);
  }
  try {
    await ledger.decide(decision, by);
  } catch (error) {
    if (!(error instanceof ConsiliumError) || !REFUSALS.has(error.code)) throw error;
    settle(ledger, entering, queued, 'refused', by.role === 'coordinator' ? OUT_OF_TURN : `${error.message} ${error.fix}`);
    entering.refused(decision, error.code);
    return;
  }
  settle(ledger, entering, queued, 'entered');
}

const OUT_OF_TURN: TighteningFault = 'out-of-turn';

function coordinatorFault(ledger: Ledger, decision: Decision, by: CoordinatorWord): TighteningFault | undefined {
  return decision.kind === 'limit' || decision.kind === 'freeze' ? tighteningFault(ledger.state, decision, by) : 'not-tighter';
}

/** What asking again later would not change by itself. */
const REFUSALS: ReadonlySet<string> = new Set(['LEDGER_REFUSED', 'NOT_ALLOWED', 'WITNESS_QUORUM']);

/** The officers of `site.yaml` are looked at when a word is used, not only when it is given: one may be gone, or come later. */
function strangerWhy(decision: Decision, by: DecidedBy, { officers }: Pick<SiteConfig, 'officers'>): string | undefined {
  if (by.role === 'officer' && !officers.some(({ publicKey }) => publicKey.toString('hex') === by.key))
    return 'the key that signed it is not under officers in the site.yaml with which the agent was started';
  const approves = decision.kind === 'study' && decision.action === 'approve';
  if (by.role === 'site' && approves && officers.length > 0) return 'site.yaml names officers, and none of them signed it';
  return undefined;
}

/** The last day of an approval has passed: the agent says so in the ledger. */
async function endApprovals(ledger: Ledger, { state, now }: Entering): Promise<void> {
  const today = now.toISOString().slice(0, 10);
  for (const [study, { status }] of ledger.state.studies) {
    if (status !== 'approved' && status !== 'paused') continue;
    const approval = findApproval(state, study as StudyHash)?.statement;
    if (approval?.decision !== 'approve' || approval.until === null || approval.until >= today) continue;
    const decision = { kind: 'study', action: 'expire', study: approval.study, epsilonLimit: null, until: null } as const;
    await ledger.decide(decision, { role: 'agent', name: 'end-date' });
  }
}
