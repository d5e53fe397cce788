import { fingerprintWords } from '@consilium/identity';
import { forPlanner, rdpAccountant, shownBudget, type ShownSum } from '@consilium/ledger';
import type { LedgerView } from './ledger-view.js';
import type { MirroredLedger } from './ledger-mirror.js';

const accountant = rdpAccountant();
const used = ({ percentUsed, epsilonUsed, epsilonLeft }: ShownSum) => ({ percentUsed, epsilonUsed, epsilonLeft });

export function ledgerView({ state, size, root, note }: MirroredLedger): LedgerView {
  const shown = shownBudget(state, accountant);
  const { terms, held } = forPlanner(state);
  return {
    site: note.site,
    population: note.population,
    size,
    headWords: fingerprintWords(root),
    checkpoint: { size: note.size, at: note.at.toISOString() },
    epsilonLimit: shown.epsilonMax,
    delta: shown.delta,
    frozen: shown.frozen,
    held: used(shown.held),
    spent: used(shown.spent),
    orders: [...terms.orders],
    charges: { training: [...held.training], evaluation: [...held.evaluation] },
    studies: state.studies.size,
  };
}
