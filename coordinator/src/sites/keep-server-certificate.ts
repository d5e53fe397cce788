import type { Logger } from 'pino';
import type { TransportTrust } from './transport-trust.js';

/** Looked at this often at least: a timer cannot hold a year, and a clock may be set. */
const LONGEST_WAIT_MS = 3_600_000;
/** Where a renewal was due and did not come about: it failed, or the CA is being replaced. */
const OVERDUE_MS = 60_000;
/** A timer may fire a moment early. */
const LATE_MS = 20;

/** Renews the server's own certificate when it is time, while everything runs. @returns what ends it */
export function keepServerCertificate(trust: TransportTrust, log: Logger): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const wait = (): void => {
    const left = trust.serverRenewAt.getTime() - Date.now();
    timer = setTimeout(() => void renew(), left > 0 ? Math.min(left + LATE_MS, LONGEST_WAIT_MS) : OVERDUE_MS);
    timer.unref();
  };
  const renew = async (): Promise<void> => {
    const before = trust.serverRenewAt;
    await trust.renewServer().catch((error: unknown) => log.error({ err: error }, "the server's certificate could not be renewed"));
    if (trust.serverRenewAt > before) log.info('the server has a new certificate');
    if (!ended) wait();
  };
  wait();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
