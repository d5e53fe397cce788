import type { ReactNode } from 'react';

/** A column: what it says as plain value (for order, filter and CSV), and how it looks where that differs. */
export interface Column<T> {
  readonly id: string;
  readonly head: string;
  readonly value: (row: T) => string | number | null;
  readonly cell?: (row: T) => ReactNode;
  /** Right-aligned, equal digits. */
  readonly number?: boolean;
  /** Text that may break into lines. */
  readonly wide?: boolean;
  /** Not for sorting. */
  readonly fixed?: boolean;
}

/** Rows in which every word of `text` occurs somewhere. */
export function filtered<T>(rows: readonly T[], columns: readonly Column<T>[], text: string): readonly T[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const whole = columns
      .map(({ value }) => String(value(row) ?? ''))
      .join('\n')
      .toLowerCase();
    return wanted.every((word) => whole.includes(word));
  });
}

/** @param order - a column's id, with a minus for the largest first; as they came for anything else */
export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], order: string): readonly T[] {
  const down = order.startsWith('-');
  const column = columns.find(({ id }) => id === (down ? order.slice(1) : order));
  if (!column) return rows;
  const sign = down ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(column.value(a), column.value(b)));
}

/** What is missing stands last; numbers by size, text as people order it. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
