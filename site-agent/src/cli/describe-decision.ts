import { decisionWords } from '@consilium/ledger';
import type { SignedDecision } from '../decisions/index.js';
import type { Outcome } from './outcome.js';

/** A signed decision as a person reads it. */
export function describeDecision({ queued, officer, by, running }: SignedDecision): Outcome {
  const { decision, outcome, population, detail } = queued;
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
