import { readIdentityKey } from '@consilium/identity';
import { hasSignedAbort } from '@consilium/ledger';
import { ConsiliumError, StudyHash } from '@consilium/protocol';
import type { RoundServiceServer } from '@consilium/protocol/wire';
import { isAskedToAbort } from '../rounds/abort.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { forSite, type CallContext } from './handlers.js';
import { requireMember, type IdentityKeyOf } from './words-of-sites.js';

export interface AbortCallOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
}

/** PROTOCOL.md section 7: collects the words of sites that they never release the round in which a study ended. */
export function abortCall({ context, engine, consortium, keyOf }: AbortCallOptions): Pick<RoundServiceServer, 'signAbort'> {
  return {
    signAbort: forSite(context, 'Round.SignAbort', async (site, { study: hash, round, signature }) => {
      const study = StudyHash.parse(hash);
      requireMember(engine.state(study), site);
      if (!hasSignedAbort({ consortium, study, round }, site, signature, [await keyOf(site)], readIdentityKey))
        throw new ConsiliumError({
          code: 'SIGNATURE_INVALID',
          errorClass: 'verification',
          message: 'The word that a round is never released is not signed by the site that sent it.',
          fix: 'Nothing was taken in; look at the site that sent it.',
        });
      await engine.submit(study, (now) => {
        const abort = now.activity.phase === 'ended' ? now.activity.abort : undefined;
        const asked = abort?.round === round && isAskedToAbort(now, abort, site);
        return asked ? { type: 'abortSigned', site, round, signature: signature.toString('hex') } : undefined;
      });
      return {};
    }),
  };
}
