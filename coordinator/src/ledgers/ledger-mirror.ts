import { readIdentityKey } from '@consilium/identity';
import {
  acceptTail,
  cosigners,
  emptyFold,
  isQuorum,
  ledgerOrigin,
  parseCheckpoint,
  parseLine,
  type Acceptance,
  type CheckpointNote,
  type LedgerFold,
  type LedgerState,
} from '@consilium/ledger';
import { ConsiliumError, type PopulationName, type SiteName } from '@consilium/protocol';
import {
  addLedgerLines,
  ledgerLines,
  ledgerNote,
  ledgerNotes,
  putLedgerNote,
  type Database,
  type LedgerKey,
  type LedgerNote,
} from '../storage/index.js';
import { foldStored } from './fold-stored.js';

/** What a site sends: lines from a number on, up to its checkpoint. */
export interface SentLines {
  readonly population: PopulationName;
  readonly from: number;
  readonly lines: readonly Uint8Array[];
  readonly checkpoint: string;
}

/** A ledger as the copy has it. */
export interface MirroredLedger {
  readonly state: LedgerState;
  readonly size: number;
  /** RFC 6962 root over all lines, 32 bytes. */
  readonly root: Buffer;
  readonly note: LedgerNote;
  /** Whether a quorum of its witnesses has cosigned all of it: nothing is missing at the end. */
  readonly cosigned: boolean;
}

export interface LedgerMirrorPorts {
  readonly db: Database;
  readonly consortium: string;
  /** All identity keys that each site has had, newest last. */
  readonly keys: () => Promise<ReadonlyMap<SiteName, readonly Uint8Array[]>>;
  readonly counted: (result: 'stored' | 'refused', entries: number) => void;
  /** How long after a site wrote its newest entry, by its own clock, the entry came here; not below 0. */
  readonly lagged?: (site: SiteName, seconds: number) => void;
  readonly now: () => Date;
}

/** Ledgers whose fold is kept in memory; another one is read again when it is next needed. */
const FOLDS_KEPT = 64;
/** Of one answer: messages have at most 4 MiB. */
const TAIL_BYTES = 2 ** 20;
const TAIL_LINES = 1_000;

/**
 * The copy of the sites' ledgers. It takes what continues, under the site's own signature, what it holds; it cannot make
 * up an entry, and a site that has lost its file checks what it takes back from here (PROTOCOL.md section 7, "Start-up").
 */
export class LedgerMirror {
  readonly #ports: LedgerMirrorPorts;
  readonly #folds = new Map<string, LedgerFold>();
  readonly #cosigned = new Map<string, { readonly text: string; readonly cosigned: boolean }>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #stored = new Map<string, number>();

  constructor(ports: LedgerMirrorPorts) {
    this.#ports = ports;
  }

  /**
   * Stores lines, durably, after checking them. @returns how many entries the copy holds now
   * @throws ConsiliumError LEDGER_REFUSED where they do not follow from what it holds
   */
  store(site: SiteName, sent: SentLines): Promise<number> {
    const key = { site, population: sent.population };
    return this.#inTurn(key, () => this.#store(key, sent));
  }

  /** What the copy holds of a ledger from an entry on, as much as fits one answer. */
  async tail(
    key: LedgerKey,
    from: number,
  ): Promise<{ readonly lines: readonly Buffer[]; readonly note: LedgerNote | undefined; readonly size: number }> {
    const stored = await ledgerLines(this.#ports.db, key, from, TAIL_LINES);
    let bytes = 0;
    const lines = stored.filter((line, index) => (bytes += line.length) <= TAIL_BYTES || index === 0);
    const { tree } = await this.#inTurn(key, () => this.#fold(key));
    return { lines, note: await ledgerNote(this.#ports.db, key), size: tree.size };
  }

  /** One ledger as the copy has it; undefined where there is none. */
  async find(key: LedgerKey): Promise<MirroredLedger | undefined> {
    const note = await ledgerNote(this.#ports.db, key);
    return note && this.mirrored(note);
  }

  /** What the copy holds from an entry on, whole. */
  linesFrom(key: LedgerKey, from: number): Promise<readonly Buffer[]> {
    return ledgerLines(this.#ports.db, key, from, Number.MAX_SAFE_INTEGER);
  }

  async list(): Promise<readonly MirroredLedger[]> {
    const notes = await ledgerNotes(this.#ports.db);
    const found = await Promise.all(notes.map((note) => this.mirrored(note)));
    return found.filter((ledger) => ledger !== undefined);
  }

  /** How often something was stored of a ledger since this process began: what was made of it holds until that changes. */
  revisionOf(key: LedgerKey): number {
    return this.#stored.get(nameOf(key)) ?? 0;
  }

  /** The whole file, byte for byte as at the site; undefined where there is no copy. */
  async file(key: LedgerKey): Promise<Buffer | undefined> {
    const lines = await ledgerLines(this.#ports.db, key, 0, Number.MAX_SAFE_INTEGER);
    return lines.length === 0 ? undefined : Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  }

  async checkpoint(key: LedgerKey): Promise<string | undefined> {
    return (await ledgerNote(this.#ports.db, key))?.note;
  }

  async #store(key: LedgerKey, sent: SentLines): Promise<number> {
    const { db, counted } = this.#ports;
    const origin = ledgerOrigin({ consortium: this.#ports.consortium, ...key });
    const keys = await this.#ports.keys();
    const keysOf = (name: string) => keys.get(name as SiteName) ?? [];
    const fold = await this.#fold(key);
    const before = fold.tree.size;
    const outcome = acceptTail(fold, { ...sent, origin }, key.site, { keysOf, readKey: readIdentityKey });
    if (outcome.kind === 'behind') return outcome.size;
    if (outcome.kind === 'refused') {
      this.#folds.delete(nameOf(key));
      counted('refused', sent.lines.length);
      throw refused(key.population, outcome);
    }
    try {
      await db.transaction().execute(async (tx) => {
        await addLedgerLines(tx, key, before, outcome.lines);
        const note = parseCheckpoint(sent.checkpoint);
        if (await this.#isNewer(tx, key, note, fold, keysOf))
          await putLedgerNote(tx, { ...key, size: note.size, note: note.text, at: this.#ports.now() });
      });
    } catch (error) {
      // The fold in memory has lines that the tables may not have.
      this.#folds.delete(nameOf(key));
      throw error;
    }
    this.#stored.set(nameOf(key), this.revisionOf(key) + 1);
    counted('stored', outcome.lines.length);
    this.#measureLag(key.site, outcome.lines.at(-1));
    return outcome.size;
  }

  #measureLag(site: SiteName, newest: Uint8Array | undefined): void {
    const line = newest && parseLine(newest);
    if (line === undefined || typeof line === 'string') return;
    this.#ports.lagged?.(site, Math.max(0, this.#ports.now().getTime() - Date.parse(line.entry.at)) / 1_000);
  }

  /** A note that the quorum cosigned is worth more than one that is on its way there. */
  async #isNewer(
    tx: Database,
    key: LedgerKey,
    note: CheckpointNote,
    { state }: LedgerFold,
    keysOf: (site: string) => readonly Uint8Array[],
  ): Promise<boolean> {
    const held = await ledgerNote(tx, key);
    if (held === undefined) return true;
    const cosigned = (one: CheckpointNote) => this.#isCosigned(one, state, keysOf);
    if (cosigned(note)) return note.size >= held.size || !cosigned(parseCheckpoint(held.note));
    return note.size >= held.size && !cosigned(parseCheckpoint(held.note));
  }

  /** @returns undefined for a ledger without entries */
  async mirrored(note: LedgerNote): Promise<MirroredLedger | undefined> {
    const { tree, state } = await this.#inTurn(note, () => this.#fold(note));
    if (state === undefined) return undefined;
    const [size, root] = [tree.size, tree.root()];
    const cosigned = note.size === size && (await this.#wasCosigned(note, state));
    return { state, size, root, note, cosigned };
  }

  /** Looked at once for each note: signatures take longer than all else here. */
  async #wasCosigned(note: LedgerNote, state: LedgerState): Promise<boolean> {
    const known = this.#cosigned.get(nameOf(note));
    if (known?.text === note.note) return known.cosigned;
    const keys = await this.#ports.keys();
    const cosigned = this.#isCosigned(parseCheckpoint(note.note), state, (name) => keys.get(name as SiteName) ?? []);
    this.#cosigned.set(nameOf(note), { text: note.note, cosigned });
    return cosigned;
  }

  #isCosigned(note: CheckpointNote, state: LedgerState | undefined, keysOf: (site: string) => readonly Uint8Array[]): boolean {
    if (state === undefined) return false;
    const witnesses = state.terms.witnesses.map((site) => ({ site, keys: keysOf(site) }));
    return isQuorum(state.terms, note.size, cosigners(note, this.#ports.consortium, witnesses, readIdentityKey));
  }

  async #fold(key: LedgerKey): Promise<LedgerFold> {
    const name = nameOf(key);
    const known = this.#folds.get(name);
    this.#folds.delete(name);
    const fold = known ?? (await this.#read(key));
    this.#folds.set(name, fold);
    const [oldest] = this.#folds.keys();
    if (this.#folds.size > FOLDS_KEPT && oldest !== undefined) this.#folds.delete(oldest);
    return fold;
  }

  async #read(key: LedgerKey): Promise<LedgerFold> {
    const lines = await ledgerLines(this.#ports.db, key, 0, Number.MAX_SAFE_INTEGER);
    return lines.length === 0 ? emptyFold() : foldStored(lines, await this.#ports.keys());
  }

  /** One after the other for each ledger: folds are changed in place. */
  #inTurn<T>(key: LedgerKey, work: () => Promise<T>): Promise<T> {
    const name = nameOf(key);
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work, work);
    this.#turns.set(name, turn);
    const forget = () => void (this.#turns.get(name) === turn && this.#turns.delete(name));
    turn.then(forget, forget);
    return turn;
  }
}

const nameOf = ({ site, population }: LedgerKey): string => `${site}/${population}`;

function refused(population: string, { why }: Extract<Acceptance, { kind: 'refused' }>): ConsiliumError {
  const what =
    typeof why === 'string'
      ? `the ${why} does not fit`
      : `entry ${why.index} ${typeof why.why === 'string' ? 'has another form' : why.why.detail}`;
  return new ConsiliumError({
    code: 'LEDGER_REFUSED',
    errorClass: 'verification',
    message: `The mirror does not take these entries of the ledger of population ${population}: ${what}.`,
    fix: 'Compare consilium ledger list with consilium-site ledger head at the site: one of them holds another history.',
  });
}
