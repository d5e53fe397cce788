import { ConsiliumError } from '@consilium/protocol';
import type { LedgerState } from '../budget/state.js';
import { emptyFold, foldLines, follow, previousOf, type LedgerFold } from '../entries/fold.js';
import type { EntryOf } from '../entries/entry.js';
import { formatLine, parseLine } from '../entries/ledger-line.js';
import { splitLines } from '../entries/split-lines.js';
import { ledgerOrigin, parseCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import type { Signer } from '../signatures.js';
import { mirrorHolds } from '../start-up/mirror-holds.js';
import { startUp, type StartUp } from '../start-up/start-up.js';
import type { LastSeen } from '../witness/last-seen.js';
import { FEWEST_WITNESSES, witnessQuorum } from '../witness/quorum.js';
import { firstRules } from '../witness/quorums.js';
import { Ledger } from './ledger.js';
import type { LedgerSetup } from './ledger-setup.js';
import { LineFile } from './line-file.js';
import { readPublished } from './publisher.js';
import { invalidLedger, keyMissing, lockTaken, refused, rolledBack } from './refusals.js';

/** The terms that a site chooses when it creates a ledger. */
export type CreateTerms = Pick<EntryOf<'create'>, 'publicSize' | 'delta' | 'largerDelta' | 'epsilonMax'>;

/** What the start-up check allows. */
export type Started =
  | { readonly kind: 'ready'; readonly ledger: Ledger }
  /** No file, and a quorum of witnesses has never seen one. */
  | { readonly kind: 'none'; create(terms: CreateTerms): Promise<Ledger> }
  | Extract<StartUp, { kind: 'waiting' | 'forked' }>
  /** @throws ConsiliumError LEDGER_ROLLED_BACK where the lines do not reach what was seen; LEDGER_INVALID where they do not follow */
  | (Extract<StartUp, { kind: 'rolled-back' }> & { recover(lines: readonly Uint8Array[]): Promise<Ledger> });

/** A ledger as it lies on the disk, locked and read, and not to be used before it was compared with what others have seen. */
export interface FoundLedger {
  readonly origin: string;
  /** Whole entries; 0 where there is no file. */
  readonly size: number;
  /** Whether the last line was cut while it was written. */
  readonly torn: boolean;
  /**
   * Decides what may be done.
   * @param answers - of witnesses and other members, checked by `readLastSeen`
   * @param mirrored - what the mirror has from `size` on; it may be empty
   * @throws ConsiliumError LEDGER_KEY where the key that signs this ledger is not at this site any more
   */
  start(answers: readonly LastSeen[], mirrored: readonly Uint8Array[]): Promise<Started>;
  /** Gives up the lock; not after `start` has handed on a ledger. */
  close(): Promise<void>;
}

/**
 * Takes the writer's lock and reads the file.
 * @throws ConsiliumError STATE_IN_USE, LEDGER_INVALID, WITNESSES_TOO_FEW
 */
export async function openLedger(setup: LedgerSetup): Promise<FoundLedger> {
  const release = await setup.files.lock(setup.place.lock);
  if (release === undefined) throw lockTaken(setup.name.population);
  try {
    return await readFound(setup, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** A policy that names too few witnesses would leave nobody to tell a restored ledger from the newest one. */
function requireWitnesses({ witnesses, name }: LedgerSetup): void {
  if (witnesses.length >= FEWEST_WITNESSES) return;
  throw new ConsiliumError({
    code: 'WITNESSES_TOO_FEW',
    errorClass: 'usage',
    message: `Population ${name.population} names ${witnesses.length} witnesses besides its own site; a ledger needs ${FEWEST_WITNESSES}.`,
    fix: 'Name more members of the roster as witnesses in site.yaml.',
  });
}

async function readFound(setup: LedgerSetup, release: () => Promise<void>): Promise<FoundLedger> {
  const { files, place, name } = setup;
  const file = splitLines((await files.read(place.lines)) ?? new Uint8Array());
  const fold = foldOf(file.lines, setup);
  if (fold.state === undefined) requireWitnesses(setup);
  else checkName(fold.state, setup);
  const note = await files.read(place.checkpoint);
  const noteText = note === undefined ? undefined : Buffer.from(note).toString('utf8');
  const published = noteText === undefined ? undefined : readPublished(noteText, setup, fold);
  const found: Found = { setup, release, fold, lines: [...file.lines], bytes: file.whole, torn: file.torn.length > 0, published };

  return {
    origin: ledgerOrigin(name),
    size: fold.tree.size,
    torn: found.torn,
    start: (answers, mirrored) => start(found, answers, mirrored),
    close: release,
  };
}

interface Found {
  readonly setup: LedgerSetup;
  readonly release: () => Promise<void>;
  readonly fold: LedgerFold;
  readonly lines: Uint8Array[];
  /** Bytes of the whole lines. */
  readonly bytes: number;
  readonly torn: boolean;
  readonly published: CheckpointNote | undefined;
}

async function start(found: Found, answers: readonly LastSeen[], mirrored: readonly Uint8Array[]): Promise<Started> {
  const { setup, fold, published } = found;
  const { keysOf, readKey, name } = setup;
  const ownKeys = [...keysOf(name.site), ...(fold.state?.keys ?? []).map((key) => Buffer.from(key, 'hex'))];
  const own = { origin: ledgerOrigin(name), tree: fold.tree, published: published?.text };
  // The own note beside the file is a witness of the own past as well.
  const self: LastSeen[] = published === undefined ? [] : [{ site: name.site, note: published }];
  const witnesses = fold.state?.terms ?? firstRules(setup.witnesses);
  const decision = startUp(own, [...answers, ...self], { witnesses, ownKeys, readKey });
  const verdict =
    decision.kind === 'ok' || decision.kind === 'waiting' ? (mirrorHolds(own, mirrored, ownKeys, readKey) ?? decision) : decision;

  if (verdict.kind === 'rolled-back') return { ...verdict, recover: (lines) => recover(found, lines, verdict, answers) };
  if (verdict.kind !== 'ok') return verdict;
  if (fold.state !== undefined) return { kind: 'ready', ledger: await ready(found, fold.state, answers) };
  // A ledger of an earlier key of this site, which it no longer knows, is not begun anew.
  if (strangersKnow(found, answers, mirrored)) throw keyMissing(name.population);
  return { kind: 'none', create: (terms) => create(found, terms, answers) };
}

/** Whether others hold a ledger of this origin although nothing of it is here, by a key that this site does not know. */
function strangersKnow({ setup: { name } }: Found, answers: readonly LastSeen[], [first]: readonly Uint8Array[]): boolean {
  const line = first === undefined ? 'form' : parseLine(first);
  const mirrored = typeof line === 'string' ? undefined : line.entry;
  return (
    answers.some(({ note }) => note?.origin === ledgerOrigin(name)) ||
    (mirrored?.kind === 'create' && ledgerOrigin(mirrored) === ledgerOrigin(name))
  );
}

/** The file as it is, without what was torn off its end; under this site's present key. */
async function ready(found: Found, state: LedgerState, answers: readonly LastSeen[]): Promise<Ledger> {
  const signer = await signerOf(state, found.setup);
  const file = await openLines(found);
  const unpublished = found.lines.slice(found.published?.size ?? 0);
  if (unpublished.length > 0) await file.writeAgain(Buffer.concat(unpublished.flatMap((line) => [line, Buffer.from('\n')])));
  const ledger = ledgerOf(found, file, answers, signer);
  if (found.torn) await ledger.note('torn-line-dropped', 1);
  return rotated(ledger, signer, found.setup);
}

/** The site has other keys since: the ledger is handed on, signed by both, before anything else is written. */
async function rotated(ledger: Ledger, signer: Signer, setup: LedgerSetup): Promise<Ledger> {
  if (signer === setup.signer) return ledger;
  try {
    await ledger.rotate(setup.signer);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function create(found: Found, terms: CreateTerms, answers: readonly LastSeen[]): Promise<Ledger> {
  const { setup, fold, lines } = found;
  const { accountant, signer, name, witnesses } = setup;
  const orders = accountant.decidingOrders(terms.delta, terms.epsilonMax);
  const budgets = accountant.budgets({ ...terms, orders });
  const entry: EntryOf<'create'> = {
    index: 0,
    previous: previousOf(fold.tree),
    at: setup.now().toISOString(),
    kind: 'create',
    ...name,
    key: Buffer.from(signer.publicKey).toString('hex'),
    ...terms,
    orders: [orders[0], orders[1]],
    budgets: [budgets[0], budgets[1]],
    accountant: accountant.version,
    witnesses: [...witnesses],
    quorum: witnessQuorum(witnesses.length),
  };
  const apply = follow(fold, entry, setup);
  if (typeof apply !== 'function') throw refused(apply, undefined);
  const line = formatLine(entry, [signer]);
  const file = await openLines(found);
  await file.append([line]);
  apply(line);
  lines.push(line);
  return ledgerOf(found, file, answers, signer);
}

/** Adds what others hold and this file lacks. Everything is checked before the first byte is written. */
async function recover(
  found: Found,
  tail: readonly Uint8Array[],
  { known, note }: Extract<StartUp, { kind: 'rolled-back' }>,
  answers: readonly LastSeen[],
): Promise<Ledger> {
  const { setup, lines: own } = found;
  const lines = [...own, ...tail];
  const fold = foldOf(lines, setup);
  // First: of a deleted ledger that the mirror does not give there is no owner to check.
  if (fold.tree.size < known) throw rolledBack(setup.name.population, own.length, known);
  if (fold.state === undefined) throw new TypeError('a ledger without its first entry');
  checkName(fold.state, setup);
  const signer = await signerOf(fold.state, setup);
  if (note !== '' && !fold.tree.root(known).equals(parseCheckpoint(note).root))
    throw invalidLedger(setup.name.population, {
      index: own.length,
      why: { fault: 'chain', detail: 'is not in the tree that witnesses have seen' },
    });
  const file = await openLines(found);
  await file.append(tail);
  const ledger = ledgerOf({ ...found, fold, lines }, file, answers, signer);
  await ledger.note('tail-fetched', tail.length);
  return rotated(ledger, signer, setup);
}

async function openLines({ setup, bytes, torn }: Found): Promise<LineFile> {
  const file = new LineFile(await setup.files.open(setup.place.lines), bytes);
  if (torn) await file.dropTorn();
  return file;
}

function ledgerOf(found: Found, file: LineFile, answers: readonly LastSeen[], signer: Signer): Ledger {
  const { setup, fold, lines, release } = found;
  const knownByWitness = new Map(answers.map(({ site, note }) => [site, note?.size ?? 0]));
  const published = found.published !== undefined && found.published.size <= fold.tree.size ? found.published : undefined;
  return new Ledger({ setup, signer, fold, lines, file, published, knownByWitness, release });
}

function foldOf(lines: readonly Uint8Array[], setup: LedgerSetup): LedgerFold {
  const fold = emptyFold();
  const stop = foldLines(fold, lines, setup);
  if (stop !== undefined) throw invalidLedger(setup.name.population, stop);
  return fold;
}

/** A file that was copied from another site or population. */
function checkName({ name: found }: LedgerState, { name }: LedgerSetup): void {
  if (ledgerOrigin(found) === ledgerOrigin(name)) return;
  throw invalidLedger(name.population, { index: 0, why: { fault: 'create', detail: 'creates the ledger of another site or population' } });
}

/** The key that signs a ledger now: the site's, or one that it had before. @throws ConsiliumError LEDGER_KEY */
async function signerOf({ keys, name }: LedgerState, { signer, earlier }: LedgerSetup): Promise<Signer> {
  const key = keys.at(-1);
  const fits = ({ publicKey }: Signer) => Buffer.from(publicKey).toString('hex') === key;
  const found = fits(signer) ? signer : (await earlier()).find(fits);
  if (found === undefined) throw keyMissing(name.population);
  return found;
}
