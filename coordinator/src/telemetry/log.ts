import { pino, type DestinationStream, type Logger } from 'pino';

/** JSON lines: `time` (RFC 3339, UTC), `level` as a word, `msg` a fixed text, and fields. */
export function createLog(level = 'info', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination ? pino(options, destination) : pino(options);
}
