import { createHash } from 'node:crypto';
import { countTry, dropFailures, dropFailuresBefore, lockKey, type Database } from '../../storage/index.js';
import { networkOf } from '../network-of.js';
import { TryLater } from '../refusals.js';

const FORGET_MS = 24 * 3_600_000;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

/** Tries without a wait: from one network few, over all networks more. A browser that is known counts for itself alone. */
const FREE_TRIES = { fromHere: 5, fromAnywhere: 20 } as const;

/** How long a key is locked after this many tries in a row: 30 s, then twice as long each time, at most an hour. */
export function waitAfter(tries: number, free: number): number {
  return tries < free ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, tries - free));
}

/**
 * Counts a try to sign in before it is looked at, so that a hundred tries at the same moment count as a hundred. The
 * same for addresses that belong to nobody.
 * @param browser - by which the person has signed in before: what strangers try elsewhere does not lock it out
 * @returns what {@link clearTries} needs once the try was right
 * @throws TryLater LOCKED_OUT
 */
export async function takeTry(
  db: Database,
  email: string,
  from: string | undefined,
  now: Date,
  browser?: string,
): Promise<readonly string[]> {
  const elsewhere = [
    { key: keyOf(`${email}|${networkOf(from ?? '')}`), free: FREE_TRIES.fromHere },
    { key: keyOf(email), free: FREE_TRIES.fromAnywhere },
  ];
  const keys = browser === undefined ? elsewhere : [{ key: keyOf(`${email}|browser|${browser}`), free: FREE_TRIES.fromHere }];
  // In one order everywhere: two tries must not wait for each other.
  keys.sort((one, other) => (one.key < other.key ? -1 : 1));
  await db.transaction().execute(async (tx) => {
    for (const { key, free } of keys) {
      const tries = await countTry(tx, key, now, new Date(now.getTime() - FORGET_MS));
      if (tries instanceof Date) {
        const seconds = Math.max(1, Math.ceil((tries.getTime() - now.getTime()) / 1_000));
        throw new TryLater('LOCKED_OUT', 'Too many tries to sign in have failed.', seconds);
      }
      const wait = waitAfter(tries, free);
      if (wait > 0) await lockKey(tx, key, new Date(now.getTime() + wait));
    }
  });
  return keys.map(({ key }) => key);
}

/** A try was right: nothing is held against these keys, and what is older than a day is forgotten. */
export async function clearTries(tx: Database, keys: readonly string[], now: Date): Promise<void> {
  await dropFailures(tx, keys);
  await dropFailuresBefore(tx, new Date(now.getTime() - FORGET_MS));
}

/** Addresses that people typed, which may be anything, are not kept as they are. */
const keyOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
