import type { ReactNode } from 'react';
import { words } from '../words/index.js';
import { shortNumber } from './model.js';

const WIDTH = 72;
const HEIGHT = 18;

/** The shape of a curve within a row, and its last value beside it. */
export function Sparkline({ values }: { readonly values: readonly number[] }): ReactNode {
  const first = values[0];
  const last = values.at(-1);
  if (first === undefined || last === undefined) return words.shell.none;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, index) => {
    const x = values.length === 1 ? WIDTH / 2 : (index / (values.length - 1)) * (WIDTH - 4) + 2;
    return `${x.toFixed(1)},${(HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return (
    <span className="sparkline">
      <svg width={WIDTH} height={HEIGHT} role="img" aria-label={words.studies.sparkline(shortNumber(first), shortNumber(last))}>
        <polyline points={points.join(' ')} fill="none" stroke="var(--plot-one)" strokeWidth={1.5} />
      </svg>
      <span className="nums">{shortNumber(last)}</span>
    </span>
  );
}
