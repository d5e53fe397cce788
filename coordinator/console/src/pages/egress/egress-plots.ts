import type { EgressTotals } from '../../api/office.js';
import type { PlotModel, Tone } from '../../plot/model.js';
import { words } from '../../words/index.js';

const { egress: w } = words.office;
export const EGRESS_KINDS = ['ciphertext', 'metadata', 'model'] as const;
const TONES: Readonly<Record<string, Tone>> = { ciphertext: 'one', metadata: 'three', model: 'four' };
const DAY_MS = 86_400_000;
const MEGA = 1e6;

type Day = EgressTotals['days'][number];
/** A day is drawn at its noon. */
const noon = (day: string) => Date.parse(`${day}T12:00:00Z`);

/** Bytes by kind, the largest first. */
export function byKind(days: readonly Day[]): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const { kind, bytes } of days) sums.set(kind, (sums.get(kind) ?? 0) + bytes);
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

/** Bars of a day stand on one another, kind by kind. */
export function byDayPlot(days: readonly Day[]): PlotModel {
  const tops = new Map<string, number>();
  const layers = byKind(days).map(([kind]) => {
    const bars = days
      .filter((day) => day.kind === kind)
      .map(({ day, bytes }) => {
        const base = tops.get(day) ?? 0;
        tops.set(day, base + bytes / MEGA);
        return { x: noon(day), base, y: base + bytes / MEGA };
      });
    return { type: 'bars' as const, name: w.kinds[kind] ?? kind, bars, width: DAY_MS, tone: TONES[kind] ?? ('five' as const) };
  });
  return {
    title: w.byDay,
    caption: w.byDay,
    x: { label: w.day, kind: 'time', daily: true },
    y: { label: w.bytes, kind: 'number', zero: true },
    layers,
  };
}

export function cumulativePlot(days: readonly Day[]): PlotModel {
  let sum = 0;
  const names = [...new Set(days.map(({ day }) => day))].toSorted();
  const points = names.map((name) => {
    for (const { day, bytes } of days) if (day === name) sum += bytes / MEGA;
    return { x: noon(name), y: sum };
  });
  return {
    title: w.cumulative,
    caption: w.cumulative,
    x: { label: w.day, kind: 'time' },
    y: { label: w.bytes, kind: 'number', zero: true },
    layers: [{ type: 'step', name: w.total, points }],
  };
}
