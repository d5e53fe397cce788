import { setTimeout as sleep } from 'node:timers/promises';
import { ConsiliumError } from '@consilium/protocol';
import { Client } from 'pg';

/** Any fixed number; it names the lock within the database. */
const LOCK = 0x636f6e73;
const WAIT_MS = 2_000;

/**
 * Holds the database for one coordinator: two on one database would both act on every event. The lock lives as long
 * as its connection, so that a killed coordinator leaves none behind.
 * @param onLost - called when the connection breaks: the caller must stop acting
 * @throws ConsiliumError STATE_IN_USE after two seconds
 */
export async function holdAlone(url: string, onLost: () => void): Promise<{ release(): Promise<void> }> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true });
  let released = false;
  client.on('error', () => undefined);
  await client.connect();
  client.once('end', () => {
    if (!released) onLost();
  });
  const release = async () => {
    released = true;
    await client.end();
  };
  for (const limit = Date.now() + WAIT_MS; Date.now() < limit; await sleep(100)) {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK]);
    if (rows[0]?.held === true) return { release };
  }
  await release();
  throw new ConsiliumError({
    code: 'STATE_IN_USE',
    errorClass: 'usage',
    message: 'Another coordinator already runs on this database.',
    fix: 'Stop the other one, or give this one its own state directory or database.',
  });
}
