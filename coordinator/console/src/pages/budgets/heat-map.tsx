import type { ReactNode } from 'react';
import type { Budget } from '../../api/budgets.js';
import { percentUp } from '../../parts/sizes.js';
import { words } from '../../words/index.js';

const { budgets: w } = words;
/** The darkest cell, in percent of the plot's colour: text on it can still be read. */
const DARKEST = 34;

/** Site × population: the share of each budget that is spent or reserved. The number says what the colour says. */
export function HeatMap({ budgets }: { readonly budgets: readonly Budget[] }): ReactNode {
  const sites = [...new Set(budgets.map(({ site }) => site))];
  const populations = [...new Set(budgets.map(({ population }) => population))];
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={w.heat}>
      <table className="table heat">
        <thead>
          <tr>
            <th scope="col">{w.site}</th>
            {populations.map((population) => (
              <th key={population} scope="col" className="matrix-cell">
                {population}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sites.map((site) => (
            <tr key={site}>
              <th scope="row">{site}</th>
              {populations.map((population) => {
                const budget = budgets.find((one) => one.site === site && one.population === population);
                return budget ? (
                  <Cell key={population} budget={budget} />
                ) : (
                  <td key={population} className="matrix-cell soft">
                    {words.shell.none}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** @returns 0 to 1: what is spent or reserved of the limit */
export const usedShare = ({ limit, left }: Budget): number => (limit === 0 ? 1 : Math.min(1, Math.max(0, (limit - left) / limit)));

function Cell({ budget }: { readonly budget: Budget }): ReactNode {
  const used = usedShare(budget);
  const state = budget.frozen ? w.frozen : budget.left <= 0 ? w.closed : undefined;
  return (
    <td className="matrix-cell" style={{ background: `color-mix(in srgb, var(--plot-one) ${Math.round(used * DARKEST)}%, transparent)` }}>
      <a href={`#${placeOf(budget)}`}>{percentUp(used)}</a>
      {state && <span className="heat-state">{state}</span>}
    </td>
  );
}

/** Where the page shows one budget in full. */
export const placeOf = ({ site, population }: Budget): string => `${site}.${population}`;
