import { signStatement, type SiteKeys } from '@consilium/identity';
import { ConsiliumError, PRODUCT_VERSION, type ResolvedStudy, type Statement, type StudyHash } from '@consilium/protocol';
import { call, type CallLimits, type Connection } from '../connection/index.js';
import { markApprovalSent, readMembership, saveApproval, unsentApprovals, type SiteState, type StoredApproval } from '../state/index.js';

/** What an officer decided. */
export interface Decision {
  readonly study: StudyHash;
  readonly decision: 'approve' | 'withdraw';
  readonly release: 'ask' | 'in-advance';
  /** Last day (UTC) on which the approval counts; null without end. */
  readonly until: string | null;
}

/** Signs a decision with the site's identity key and keeps it; it counts at this site from here on. */
export function signDecision(
  state: SiteState,
  { identityKey }: Pick<SiteKeys, 'identityKey'>,
  decision: Decision,
  now: Date,
): Statement<'approval'> {
  const { consortium, site } = readMembership(state);
  const statement = { consortium, site, ...decision, agentVersion: PRODUCT_VERSION, signedAt: now.toISOString() };
  const { signature } = signStatement('approval', statement, identityKey);
  saveApproval(state, statement, signature);
  return statement;
}

/** One decision that waited, and how it went. */
export interface Delivery {
  readonly decision: StoredApproval;
  /** What the coordinator answered where it did not take it; the decision stays stored and unsent. */
  readonly error: ConsiliumError | undefined;
}

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
  for (const decision of unsentApprovals(state)) {
    const error = await send(state, connection, decision, limits).then(() => undefined, refusalOnly);
    deliveries.push({ decision, error });
  }
  return deliveries;
}

/** Sends the decision on one study, unless the coordinator has it. @throws ConsiliumError what the coordinator answered */
export async function sendDecision(
  state: SiteState,
  connection: Pick<Connection, 'approval'>,
  study: StudyHash,
  limits?: CallLimits,
): Promise<void> {
  const decision = unsentApprovals(state).find((waiting) => waiting.study === study);
  if (decision) await send(state, connection, decision, limits);
}

async function send(
  state: SiteState,
  { approval }: Pick<Connection, 'approval'>,
  { study, statement, json, signature, decidedAt }: StoredApproval,
  limits: CallLimits | undefined,
): Promise<void> {
  const request = { statement: Buffer.from(json), signature: Buffer.from(signature) };
  await (statement.decision === 'approve' ? call(approval.submit, request, limits) : call(approval.withdraw, request, limits));
  markApprovalSent(state, study, decidedAt);
}

/** An answer of the coordinator about one decision; that there is no answer concerns them all. */
function refusalOnly(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError && error.errorClass !== 'unreachable' && error.errorClass !== 'timeout') return error;
  throw error;
}

/** @throws ConsiliumError RELEASE_RULE where the study has another release rule, INVALID_DATE for a day that has passed */
export function checkDecision(study: ResolvedStudy, { release, until }: Pick<Decision, 'release' | 'until'>, now: Date): void {
  if (release === 'in-advance' && study.release.when !== 'approved-in-advance')
    throw new ConsiliumError({
      code: 'RELEASE_RULE',
      errorClass: 'usage',
      message: `The study's release rule is "${study.release.when}", so a release cannot be approved in advance.`,
      fix: 'Leave out --release in-advance; vote at the end with: consilium-site study release HASH',
    });
  if (until !== null && until < now.toISOString().slice(0, 10))
    throw new ConsiliumError({
      code: 'INVALID_DATE',
      errorClass: 'usage',
      message: 'The last day of the approval has passed.',
      fix: 'Give --until a day that is to come, as YYYY-MM-DD.',
    });
}
