import { ConsiliumError, StudyHash, type ResolvedStudy } from '@consilium/protocol';
import { call, type CallLimits, type Connection } from '../connection/index.js';
import { storeStudy, type SiteState } from '../state/index.js';
import { readStoredStudy } from './read-study.js';

/** A study that the coordinator proposed to this site. */
export type Proposal =
  /** Its bytes have the announced hash and resolve alike here; they are in the state now. */
  | { readonly hash: StudyHash; readonly study: ResolvedStudy; readonly coordinatorHasApproval: boolean }
  /** Something else: it was not kept, and there is nothing to approve. */
  | { readonly hash: string; readonly study: undefined; readonly reason: ConsiliumError | undefined };

/** Asks for what is proposed and checks every byte of it. @throws ConsiliumError COORDINATOR_UNREACHABLE and the like */
export async function fetchProposals(
  state: SiteState,
  { approval }: Pick<Connection, 'approval'>,
  limits?: CallLimits,
): Promise<readonly Proposal[]> {
  const { proposals } = await call(approval.pending, {}, limits);
  return proposals.map(({ study: announced, specification, approved }): Proposal => {
    const refused = (reason?: ConsiliumError) => ({ hash: announced.replace(/[^0-9a-f]/g, '').slice(0, 64), study: undefined, reason });
    const hash = StudyHash.safeParse(announced);
    if (!hash.success) return refused();
    try {
      const study = readStoredStudy({ hash: hash.data, specification });
      return { hash: storeStudy(state, specification), study, coordinatorHasApproval: approved };
    } catch (error) {
      return refused(error instanceof ConsiliumError ? error : undefined);
    }
  });
}
