import { pino, type DestinationStream } from 'pino';

/** Everything that a log line may say besides its fixed text. Anything else is dropped, whatever its name. */
export interface LogFields {
  readonly code?: string | undefined;
  /** Logged as its first 8 hex digits. */
  readonly study?: string | undefined;
  readonly round?: number | undefined;
  readonly attempt?: number | undefined;
  readonly keyEpoch?: number | undefined;
  /** A fixed word: the step of a round, or the kind of an assignment. */
  readonly step?: string | undefined;
  /** A fixed word: why a session ended, or nothing is done. */
  readonly reason?: string | undefined;
  readonly site?: string | undefined;
  readonly consortium?: string | undefined;
  readonly coordinator?: string | undefined;
  readonly engine?: string | undefined;
  readonly version?: string | undefined;
  readonly incident?: string | undefined;
  readonly milliseconds?: number | undefined;
  readonly bytes?: number | undefined;
  readonly outcome?: string | undefined;
}

const ALLOWED: ReadonlySet<string> = new Set<keyof LogFields>([
  'code',
  'study',
  'round',
  'attempt',
  'keyEpoch',
  'step',
  'reason',
  'site',
  'consortium',
  'coordinator',
  'engine',
  'version',
  'incident',
  'milliseconds',
  'bytes',
  'outcome',
]);
const LONGEST = 100;

/** `message` is a fixed text of the program: nothing is ever put together into it. */
type Write = (fields: LogFields, message: string) => void;

/** The agent's log: fixed texts and allow-listed fields, so that no patient's value can come into it (OPS-1). */
export interface Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export type LogLevel = keyof Logger;

/** JSON lines with `time` (RFC 3339 UTC), `level`, `msg`. @param to - stdout for the agent, stderr for commands */
export function createLogger(to: DestinationStream, level: LogLevel = 'info'): Logger {
  const log = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: allowed },
    },
    to,
  );
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  };
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
