import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * Everything that a log line may say besides its fixed text; anything else is dropped, whatever its name. Numbers, and
 * texts that are names, hashes, codes or fixed words.
 */
const ALLOWED: ReadonlySet<string> = new Set([
  'code',
  'study', // its first 8 hex digits
  'round',
  'attempt',
  'task',
  'reason',
  'decision',
  'outcome',
  'site',
  'population',
  'consortium',
  'coordinator',
  'version',
  'incident',
  'ms',
  'bytes',
  'address',
  'engine',
  'halvings',
  'epoch', // of the roster
  'until',
]);
const LONGEST = 100;

export type { Logger } from 'pino';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * The agent's log: JSON lines with `time` (RFC 3339 UTC), `level` and `msg`. Messages are fixed texts of the program,
 * and only allow-listed fields pass, so that no patient's value can come into it (field case OPS-1).
 * @param to - stdout for the agent
 */
export function createLogger(to: DestinationStream, level: LogLevel = 'info'): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: allowed },
    },
    to,
  );
}

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]): [string, string | number][] => {
      if (!ALLOWED.has(name)) return [];
      if (typeof value === 'number') return [[name, value]];
      if (typeof value !== 'string') return [];
      return [[name, value.slice(0, name === 'study' ? 8 : LONGEST)]];
    }),
  );
}
