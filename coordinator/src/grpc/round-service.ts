import { ConsiliumError, StudyHash, type SiteName } from '@consilium/protocol';
import type { RoundServiceServer, SignedState } from '@consilium/protocol/wire';
import type { SignedStateRecord } from '../rounds/study-event.js';
import { abortCall } from './abort-call.js';
import { attemptCalls, type AttemptCallOptions } from './attempt-calls.js';
import { forSite } from './handlers.js';
import { seatCalls, type SeatCallOptions } from './seat-calls.js';
import { checkFields, requireMember } from './words-of-sites.js';

/** The signed steps of a round: keys confirmed, seats, list, unmasking, fold digest, state agreed. */
export function roundService(options: SeatCallOptions & AttemptCallOptions): RoundServiceServer {
  const { context, engine, consortium, keyOf } = options;
  const check = async (site: SiteName, study: StudyHash, state: SignedState | undefined): Promise<SignedStateRecord> => {
    if (!state || ![0, 32].includes(state.stateHmac.length))
      throw new ConsiliumError({
        code: 'MESSAGE_INVALID',
        errorClass: 'usage',
        message: 'state.state_hmac is 32 bytes, or none.',
        fix: 'Update consilium-site.',
      });
    const { keyEpoch, round, attempt, signature } = state;
    const stateHmac = state.stateHmac.length === 0 ? 'SUM_CHECK' : state.stateHmac.toString('hex');
    await checkFields('state', { consortium, study, site, keyEpoch, round, attempt, stateHmac }, signature, site, keyOf);
    return { keyEpoch, round, attempt, stateHmac, signature: signature.toString('hex') };
  };

  return {
    ...seatCalls(options),
    ...attemptCalls(options),
    ...abortCall(options),
    confirm: forSite(context, 'Round.Confirm', async (site, request) => {
      const study = StudyHash.parse(request.study);
      requireMember(engine.state(study), site);
      const state = await check(site, study, request.state);
      await engine.submit(study, (now) => {
        if (request.keyEpoch !== now.keyEpoch || now.confirmed.has(site)) return undefined;
        return { type: 'confirmed', site, keyEpoch: request.keyEpoch, have: request.have.toString('hex'), state };
      });
      return {};
    }),
    agree: forSite(context, 'Round.Agree', async (site, request) => {
      const study = StudyHash.parse(request.study);
      requireMember(engine.state(study), site);
      const state = await check(site, study, request.state);
      await engine.submit(study, (now) => {
        const { activity } = now;
        const current = activity.phase === 'round' && activity.attempt.round === state.round && activity.attempt.attempt === state.attempt;
        const faulty = now.study.sites.names.filter((name) => request.faulty.includes(name));
        if (current)
          return activity.agreed.has(site) ? undefined : { type: 'agreed', site, state, ...(faulty.length > 0 ? { faulty } : {}) };
        const past = now.rounds.find(({ attempt }) => attempt.round === state.round && attempt.attempt === state.attempt);
        return past && !past.states.has(site) && !now.outOfStep.has(site) ? { type: 'agreed', site, state } : undefined;
      });
      return {};
    }),
  };
}
