import { randomBytes } from 'node:crypto';
import {
  openLedger,
  readLastSeen,
  type CreateTerms,
  type FoundLedger,
  type LastSeen,
  type Ledger,
  type LedgerSetup,
} from '@consilium/ledger';
import { siteRefused } from '../rounds/site-refused.js';
import type { Mirror } from './mirror.js';
import type { WitnessCalls } from './witness-calls.js';

export interface LedgerStart {
  readonly setup: LedgerSetup;
  /** Where no ledger exists, and none ever did; without them none is made. */
  readonly terms: CreateTerms | undefined;
  /** Everybody who may have seen one of this site's checkpoints: its witnesses and the other members. */
  readonly ask: readonly string[];
  readonly calls: WitnessCalls;
  readonly mirror: Mirror;
  /** Entries before `size` were missing and have been fetched back. Called before the ledger is used. */
  readonly recovered: (size: number) => void;
}

/**
 * Takes a population's ledger into use (PROTOCOL.md section 7, "Start-up"): compares the file with what witnesses and
 * mirror have seen, makes the first one, or fetches what is missing and refuses once.
 * @throws SiteRefused WITNESS_QUORUM, LEDGER_INVALID (two histories; both notes are in the cause), LEDGER_ROLLED_BACK when
 *   entries were missing: they are back
 * @throws ConsiliumError LEDGER_ROLLED_BACK where the mirror does not have what is missing, LEDGER_KEY, LEDGER_INVALID, STATE_IN_USE
 */
export async function startLedger(start: LedgerStart): Promise<Ledger> {
  const found = await openLedger(start.setup);
  let taken: Taken;
  try {
    taken = await takeIntoUse(found, start);
  } catch (error) {
    await found.close();
    throw error;
  }
  if (taken.fetched === undefined) return taken.ledger;
  await taken.ledger.close();
  // Said once, loudly: somebody put an older disk back. The next start finds the file whole.
  throw taken.fetched;
}

interface Taken {
  readonly ledger: Ledger;
  /** Where entries were missing and have been fetched. */
  readonly fetched?: Error;
}

async function takeIntoUse(found: FoundLedger, start: LedgerStart): Promise<Taken> {
  const { setup, terms, mirror, recovered } = start;
  const { population } = setup.name;
  const tail = () => mirror.tail(found.size, AbortSignal.timeout(setup.timeoutMs)).catch(() => []);
  const [answers, mirrored] = await Promise.all([lastSeen(found, start), tail()]);
  const started = await found.start(answers, mirrored);
  switch (started.kind) {
    case 'ready':
      return { ledger: started.ledger };
    case 'none':
      if (terms === undefined) throw new TypeError('a ledger without a first entry');
      return { ledger: await started.create(terms) };
    case 'waiting':
      throw siteRefused('WITNESS_QUORUM', { missing: started.missing.join(', ').slice(0, 200) });
    case 'forked':
      throw siteRefused('LEDGER_INVALID', { population }, new Error(started.notes.join('\n')));
    case 'rolled-back': {
      // Durable first: were it forgotten, rounds whose upload this disk no longer knows could be given back.
      recovered(started.known);
      const ledger = await started.recover(mirrored);
      recovered(ledger.size);
      const what = `entries ${started.size} to ${started.size + mirrored.length - 1} were not in the file; they came back from the mirror, and hold`;
      return { ledger, fetched: siteRefused('LEDGER_ROLLED_BACK', { population, known: String(started.known) }, new Error(what)) };
    }
  }
}

/** The signed answers of all that answer in time. Who is silent is missed by the quorum, if it is a witness. */
async function lastSeen(found: FoundLedger, { setup, ask, calls }: LedgerStart): Promise<readonly LastSeen[]> {
  const { consortium } = setup.name;
  const question = { consortium, origin: found.origin, nonce: randomBytes(32).toString('hex') };
  const limit = AbortSignal.timeout(setup.timeoutMs);
  const answers = await Promise.all(
    ask.map(async (site) => {
      const answer = await calls.last(site, question, limit).catch(() => undefined);
      return answer && readLastSeen(question, answer, setup.keysOf(site), setup.readKey);
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}
