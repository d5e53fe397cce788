import type { ConsiliumError } from '@consilium/protocol';
import type { Hello, SessionServiceClient } from '@consilium/protocol/wire';
import type { Logger } from 'pino';
import { retryDelays } from '../connection/index.js';
import { holdSession, VERSION_CODE, type SessionHandlers } from './hold-session.js';
import { pause } from './pause.js';

const EAGER_TRIES = 15;

/**
 * Waits between sessions: eager for the first seconds, because a coordinator that restarts is back in one or two, then
 * growing to a minute.
 */
function* reconnectDelays(): Generator<number, never> {
  const eager = retryDelays({ firstMs: 100, maxMs: 400 });
  for (let tries = 0; tries < EAGER_TRIES; tries += 1) yield eager.next().value;
  return yield* retryDelays({ firstMs: 500, maxMs: 60_000 });
}

/**
 * Holds one session after the other until `signal` aborts, however often the coordinator goes away.
 * @param hopeless - an error that no further try can get over, or nothing
 * @throws ConsiliumError VERSION_TOO_OLD, and what `hopeless` gives: trying again changes nothing
 */
export async function keepSession(
  client: Pick<SessionServiceClient, 'open'>,
  hello: Hello,
  handlers: SessionHandlers,
  log: Logger,
  signal: AbortSignal,
  hopeless: (error: ConsiliumError) => ConsiliumError | undefined = () => undefined,
): Promise<void> {
  let delays = reconnectDelays();
  let lastCode: string | undefined;
  while (!signal.aborted) {
    const { welcomed, error } = await holdSession(client, hello, handlers, signal);
    if (signal.aborted) return;
    if (error?.code === VERSION_CODE) throw error;
    const end = error && hopeless(error);
    if (end) throw end;
    if (welcomed) delays = reconnectDelays();
    // The same reason is said once, however often it ends a try.
    if (welcomed || error?.code !== lastCode) sayEnd(log, welcomed, error);
    lastCode = error?.code;
    await pause(delays.next().value, signal);
  }
}

function sayEnd(log: Logger, welcomed: boolean, error: ConsiliumError | undefined): void {
  log.warn({ code: error?.code, fix: error?.fix }, welcomed ? 'the session has ended; connecting again' : 'no session yet; trying again');
}
