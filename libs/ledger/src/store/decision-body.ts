import { randomBytes } from 'node:crypto';
import type { ConsiliumError } from '@consilium/protocol';
import type { Accountant } from '../accountant.js';
import { judgeDecision } from '../budget/judge-decision.js';
import type { LedgerState } from '../budget/state.js';
import type { DecidedBy, Decision } from '../entries/decision.js';
import type { EntryBody } from '../entries/entry.js';
import { signWord, type Officer } from '../entries/officer-word.js';
import type { KeyReader } from '../signatures.js';
import { witnessQuorum } from '../witness/quorum.js';
import { refused } from './refusals.js';

/** Somebody whose word is in hand, or an officer with the key, who signs as the entry is written. */
export type Decider = DecidedBy | (Officer & { readonly role: 'officer' });

export type DecisionBody = Extract<EntryBody, { kind: Decision['kind'] }>;

const NONCE_BYTES = 16;

/** The entry for a decision: with the budgets at the new limit, or the quorum of all witnesses. */
export function decisionBody(state: LedgerState, decision: Decision, decider: Decider, accountant: Accountant): DecisionBody {
  const by = 'signer' in decider ? signWord(state.name, decision, decider, randomBytes(NONCE_BYTES)) : decider;
  switch (decision.kind) {
    case 'limit': {
      const [one, other] = accountant.budgets({ ...state.terms, epsilonMax: decision.epsilonMax });
      return { ...decision, budgets: [one, other], by };
    }
    case 'witnesses':
      return { ...decision, quorum: witnessQuorum(state.terms.witnesses.length + decision.add.length), by };
    default:
      return { ...decision, by };
  }
}

/**
 * What the ledger's writer would say to a decision, for somebody who only reads it and is about to sign.
 * @param state - the reader's own: what waits is applied to it
 * @param waiting - decisions that the writer will enter first
 * @returns NOT_ALLOWED or LEDGER_REFUSED (for a limit with the smallest possible one); undefined where nothing speaks against it
 */
export function foreseenRefusal(
  state: LedgerState,
  waiting: readonly { readonly decision: Decision; readonly by: DecidedBy }[],
  { decision, by }: { readonly decision: Decision; readonly by: DecidedBy },
  { accountant, readKey }: { readonly accountant: Accountant; readonly readKey: KeyReader },
): ConsiliumError | undefined {
  const judged = (one: { readonly decision: Decision; readonly by: DecidedBy }) => {
    const body = decisionBody(state, one.decision, one.by, accountant);
    return judgeDecision(state, { ...body, index: Number.MAX_SAFE_INTEGER, previous: '', at: '' }, readKey);
  };
  for (const one of waiting) {
    const apply = judged(one);
    if (typeof apply === 'function') apply();
  }
  const found = judged({ decision, by });
  return typeof found === 'function' ? undefined : refused(found, state, decision.kind === 'study' ? decision.study : undefined);
}
