import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { call, type CallLimits, type Connection } from '../connection/index.js';
import {
  markApprovalSent,
  markPauseSent,
  unsentApprovals,
  unsentPauses,
  type SiteState,
  type StoredApproval,
  type StoredPause,
} from '../state/index.js';

type Stored = StoredApproval | StoredPause;

/** One decision that waited, and how it went. */
export interface Delivery {
  readonly decision: Stored;
  /** What the coordinator answered where it did not take it; the decision stays stored and unsent. */
  readonly error: ConsiliumError | undefined;
}

/** Approvals before pauses: a pause stands on one. */
const waiting = (state: SiteState): readonly Stored[] => [...unsentApprovals(state), ...unsentPauses(state)];

/**
 * Sends every decision that the coordinator does not have yet; the running agent does so at each session's start. One
 * that the coordinator does not take, such as for a study that it has lost, holds up no other.
 * @throws ConsiliumError COORDINATOR_UNREACHABLE and the like: nothing more was tried
 */
export async function sendDecisions(
  state: SiteState,
  connection: Pick<Connection, 'approval'>,
  limits?: CallLimits,
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  for (const decision of waiting(state)) {
    const error = await send(state, connection, decision, limits).then(() => undefined, refusalOnly);
    deliveries.push({ decision, error });
  }
  return deliveries;
}

/** Sends what was decided on one study, unless the coordinator has it. @throws ConsiliumError what the coordinator answered */
export async function sendDecision(
  state: SiteState,
  connection: Pick<Connection, 'approval'>,
  study: StudyHash,
  limits?: CallLimits,
): Promise<void> {
  for (const decision of waiting(state)) if (decision.study === study) await send(state, connection, decision, limits);
}

async function send(
  state: SiteState,
  { approval }: Pick<Connection, 'approval'>,
  { study, statement, json, signature, decidedAt }: Stored,
  limits: CallLimits | undefined,
): Promise<void> {
  const request = { statement: Buffer.from(json), signature: Buffer.from(signature) };
  switch (statement.decision) {
    case 'approve':
      await call(approval.submit, request, limits);
      return markApprovalSent(state, study, decidedAt);
    case 'withdraw':
      await call(approval.withdraw, request, limits);
      return markApprovalSent(state, study, decidedAt);
    case 'pause':
    case 'resume':
      await call(approval.pause, request, limits);
      return markPauseSent(state, study, decidedAt);
  }
}

/** An answer of the coordinator about one decision; that there is no answer concerns them all. */
function refusalOnly(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError && error.errorClass !== 'unreachable' && error.errorClass !== 'timeout') return error;
  throw error;
}
