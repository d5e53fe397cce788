import { NumberInput, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { freeze, requestLoosening, tighten, type Budget } from '../../api/budgets.js';
import { epsilonUp } from '../../api/epsilon.js';
import { Confirm } from '../../parts/confirm.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { budgets: w } = words;
export type BudgetActKind = 'freeze' | 'tighten' | 'loosen';

/** What may be done from here: tighten, freeze, and ask for more. A site obeys the first two, and decides the third. */
export function BudgetAct({
  kind,
  budget,
  onClose,
}: {
  readonly kind: BudgetActKind;
  readonly budget: Budget;
  onClose(): void;
}): ReactNode {
  const { site, population, limit } = budget;
  const of = w.of(population, site);
  const [epsilon, setEpsilon] = useState<number | ''>('');
  const [reason, setReason] = useState('');
  const act = useAct({
    act: () => {
      if (kind === 'freeze') return freeze(site, population);
      return kind === 'tighten' ? tighten(site, population, Number(epsilon)) : requestLoosening(site, population, Number(epsilon), reason);
    },
    changes: [['budgets'], ['ledgers']],
    say: () => ({ freeze: w.frozenDone, tighten: w.tightenDone, loosen: w.loosenDone })[kind],
    done: onClose,
  });
  const value = Number(epsilon);
  const ready =
    kind === 'freeze' || (epsilon !== '' && value > 0 && (kind === 'tighten' ? value < limit : value > limit && reason.trim() !== ''));
  return (
    <Confirm
      opened
      onClose={onClose}
      title={{ freeze: w.freezeTitle(of), tighten: w.tightenTitle(of), loosen: w.loosenTitle(of) }[kind]}
      confirm={{ freeze: w.freeze, tighten: w.tighten, loosen: w.send }[kind]}
      danger={kind === 'freeze'}
      busy={act.busy}
      problem={act.problem}
      disabled={!ready}
      onConfirm={() => act.run()}
    >
      <p>{{ freeze: w.freezeBody, tighten: w.tightenBody, loosen: w.loosenBody }[kind]}</p>
      {kind !== 'freeze' && (
        <NumberInput
          label={kind === 'tighten' ? w.tightenTo : w.loosenTo}
          description={kind === 'tighten' ? w.tightenBelow(epsilonUp(limit)) : undefined}
          min={0}
          step={0.1}
          decimalScale={4}
          value={epsilon}
          onChange={(next) => setEpsilon(next === '' ? '' : Number(next))}
          data-autofocus
        />
      )}
      {kind === 'loosen' && (
        <Textarea
          mt="sm"
          label={w.loosenReason}
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
    </Confirm>
  );
}
