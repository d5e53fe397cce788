import type { ReactNode } from 'react';
import { words } from '../../words/index.js';

const { results: w } = words.study;

/** Rows are what was, columns what the model said; darker where more patients are, and the number says how many. */
export function Confusion({
  labels,
  rows,
}: {
  readonly labels: readonly string[];
  readonly rows: readonly (readonly (number | null)[])[];
}): ReactNode {
  const most = Math.max(1, ...rows.flat().map((count) => count ?? 0));
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={w.confusion}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">
              {w.confusionActual} ↓ · {w.confusionPredicted} →
            </th>
            {labels.map((label) => (
              <th key={label} scope="col" className="matrix-cell">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, actual) => (
            <tr key={labels[actual]}>
              <th scope="row">{labels[actual]}</th>
              {row.map((count, predicted) => (
                <td
                  key={labels[predicted]}
                  className="matrix-cell"
                  style={{ background: `color-mix(in srgb, var(--plot-one) ${Math.round(((count ?? 0) / most) * 32)}%, transparent)` }}
                >
                  {count ?? '<'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
