import { createContext, use, useEffect, useState, type ReactNode } from 'react';
import { words } from '../words/index.js';

export type Zone = 'utc' | 'local';
const KEY = 'consilium-zone';

interface ZoneChoice {
  readonly zone: Zone;
  setZone(zone: Zone): void;
}
const ZoneContext = createContext<ZoneChoice>({ zone: 'utc', setZone: () => undefined });

/** Whether times are read as UTC or as on the wall; remembered in this browser. */
export function ZoneProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [zone, setZone] = useState<Zone>(() => (localStorage.getItem(KEY) === 'local' ? 'local' : 'utc'));
  const choose = (next: Zone) => {
    localStorage.setItem(KEY, next);
    setZone(next);
  };
  return <ZoneContext value={{ zone, setZone: choose }}>{children}</ZoneContext>;
}

export const useZone = (): ZoneChoice => use(ZoneContext);

const two = (n: number) => String(n).padStart(2, '0');

/** `2026-11-26 14:02`, with `Z` behind it where it is UTC. */
export function instantText(at: string | number, zone: Zone, precision: 'day' | 'minute' | 'second' = 'minute'): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return words.shell.none;
  const local = zone === 'local';
  const day = local ? `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}` : date.toISOString().slice(0, 10);
  if (precision === 'day') return day;
  const clock = local ? `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}` : date.toISOString().slice(11, 19);
  return `${day} ${precision === 'minute' ? clock.slice(0, 5) : clock}${local ? '' : 'Z'}`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s ago`, `in 3 h`. */
export function agoText(at: string | number, now: number): string {
  const gone = now - new Date(at).getTime();
  const { shell } = words;
  if (gone < 0) {
    if (-gone >= DAY) return shell.inDays(Math.floor(-gone / DAY));
    return -gone >= HOUR ? shell.inHours(Math.floor(-gone / HOUR)) : shell.inMinutes(Math.max(1, Math.round(-gone / MINUTE)));
  }
  if (gone < 5 * SECOND) return shell.justNow;
  if (gone < MINUTE) return shell.secondsAgo(Math.floor(gone / SECOND));
  if (gone < HOUR) return shell.minutesAgo(Math.floor(gone / MINUTE));
  return gone < DAY ? shell.hoursAgo(Math.floor(gone / HOUR)) : shell.daysAgo(Math.floor(gone / DAY));
}

/** The present, again and again. */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A point in time in the zone that the person reads. */
export function Instant({
  at,
  precision,
}: {
  readonly at: string | null | undefined;
  readonly precision?: 'day' | 'minute' | 'second';
}): ReactNode {
  const { zone } = useZone();
  if (!at) return <>{words.shell.none}</>;
  return (
    <time dateTime={at} className="nums">
      {instantText(at, zone, precision)}
    </time>
  );
}

/** How long ago, or until; the whole instant when pointed at. */
export function Ago({ at }: { readonly at: string | null | undefined }): ReactNode {
  const { zone } = useZone();
  const now = useNow();
  if (!at) return <>{words.shell.never}</>;
  return (
    <time dateTime={at} title={instantText(at, zone, 'second')} className="nums">
      {agoText(at, now)}
    </time>
  );
}
