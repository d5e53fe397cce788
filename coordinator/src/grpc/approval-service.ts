import { studySpecification, type StudyHash } from '@consilium/protocol';
import type { ApprovalServiceServer } from '@consilium/protocol/wire';
import type { StudyEngine } from '../studies/study-engine.js';
import { forSite, type CallContext } from './handlers.js';
import { checkJson, requireContext, requireMember, type IdentityKeyOf } from './words-of-sites.js';

export interface ApprovalServiceOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
}

/** Hands a study's exact bytes to the sites that it names, and keeps their signed answers. */
export function approvalService({ context, engine, consortium, keyOf }: ApprovalServiceOptions): ApprovalServiceServer {
  return {
    pending: forSite(context, 'Approval.Pending', async (site) => ({
      proposals: engine
        .states()
        .filter((state) => state.study.sites.names.includes(site) && state.activity.phase !== 'ended')
        .map((state) => ({
          study: state.hash,
          specification: studySpecification(state.study),
          proposedAt: state.proposedAt,
          approved: state.approvals.has(site),
        })),
    })),
    submit: forSite(context, 'Approval.Submit', async (site, request) => {
      const { statement, signed } = await checkJson('approval', request.statement, request.signature, site, keyOf);
      const study: StudyHash = statement.study;
      requireMember(engine.state(study), site);
      requireContext(statement, consortium, study);
      await engine.submit(study, (state) => {
        if (statement.decision !== 'approve' || state.approvals.get(site)?.approval.json === signed.json) return undefined;
        return { type: 'approved', site, approval: signed, release: statement.release, until: statement.until };
      });
      return {};
    }),
    withdraw: forSite(context, 'Approval.Withdraw', async (site, request) => {
      const { statement, signed } = await checkJson('approval', request.statement, request.signature, site, keyOf);
      requireMember(engine.state(statement.study), site);
      requireContext(statement, consortium, statement.study);
      await engine.submit(statement.study, (state) =>
        statement.decision === 'withdraw' && state.approvals.has(site) ? { type: 'withdrawn', site, approval: signed } : undefined,
      );
      return {};
    }),
    pause: forSite(context, 'Approval.Pause', async (site, request) => {
      const { statement, signed } = await checkJson('pause', request.statement, request.signature, site, keyOf);
      requireMember(engine.state(statement.study), site);
      requireContext(statement, consortium, statement.study);
      await engine.submit(statement.study, (state) => {
        const before = state.standing.get(site);
        if (statement.decision === 'resume') return before?.code === 'PAUSED' ? { type: 'resumed', site, word: signed } : undefined;
        const news = state.approvals.has(site) && before?.fields['by'] !== statement.by;
        return news ? { type: 'paused', site, by: statement.by, word: signed } : undefined;
      });
      return {};
    }),
  };
}
