import { ConsiliumError, type Statement } from '@consilium/protocol';
import type { ReleaseServiceServer } from '@consilium/protocol/wire';
import { z } from 'zod';
import { lastRound } from '../rounds/study-state.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { forSite, type CallContext } from './handlers.js';
import { checkJson, requireContext, requireMember, type IdentityKeyOf } from './words-of-sites.js';

export interface ReleaseServiceOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
}

/** Only to tell a vote from a word on the bundle; the statement itself is checked in full afterwards. */
const Told = z.object({ vote: z.string().optional() });

function isVote(json: Uint8Array): boolean {
  try {
    return Told.parse(JSON.parse(Buffer.from(json).toString('utf8'))).vote !== undefined;
  } catch (cause) {
    throw new ConsiliumError({
      code: 'MESSAGE_INVALID',
      errorClass: 'usage',
      message: 'A release statement is canonical JSON.',
      fix: 'Update consilium-site.',
      cause,
    });
  }
}

/** Totals of metrics, votes on the model, and words on its bundle: each signed, each kept as it came. */
export function releaseService({ context, engine, consortium, keyOf }: ReleaseServiceOptions): ReleaseServiceServer {
  return {
    metrics: forSite(context, 'Release.Metrics', async (site, request) => {
      const { statement, signed } = await checkJson('metrics', request.statement, request.signature, site, keyOf);
      requireMember(engine.state(statement.study), site);
      requireContext(statement, consortium, statement.study);
      await engine.submit(statement.study, (state) => {
        const known = statement.round >= 1 && statement.round <= lastRound(state) && !state.metrics.get(statement.round)?.has(site);
        return known ? { type: 'metricsSigned', site, round: statement.round, statement: signed, totals: statement.totals } : undefined;
      });
      return {};
    }),
    sign: forSite(context, 'Release.Sign', async (site, request) => {
      const vote = isVote(request.statement);
      const { statement, signed } = await checkJson(vote ? 'release' : 'bundle', request.statement, request.signature, site, keyOf);
      requireMember(engine.state(statement.study), site);
      requireContext(statement, consortium, statement.study);
      await engine.submit(statement.study, ({ activity }) => {
        if (activity.phase !== 'releasing') return undefined;
        if ('vote' in statement) {
          const { vote: said, bundleHmac }: Statement<'release'> = statement;
          return activity.votes.has(site) ? undefined : { type: 'voted', site, vote: said, bundleHmac, statement: signed };
        }
        return activity.bundles.has(site) ? undefined : { type: 'bundleSigned', site, sha256: statement.sha256, statement: signed };
      });
      return {};
    }),
  };
}
