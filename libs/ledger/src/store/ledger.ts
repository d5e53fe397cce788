import type { CohortName, Json, StudyHash } from '@consilium/protocol';
import { affordableRounds } from '../budget/blocks.js';
import type { Fault } from '../budget/fault.js';
import { movementOf, type Unsummed } from '../budget/judge.js';
import { openStudy } from '../budget/movements.js';
import { shownBudget, type ShownBudget } from '../budget/shown.js';
import { holdingKey, type LedgerState } from '../budget/state.js';
import { overBudget } from '../budget/over-budget.js';
import { formatPair, formatSums } from '../budget/sums.js';
import type { Decision } from '../entries/decision.js';
import type { AbortCertificate, Entry, EntryBody, Purpose } from '../entries/entry.js';
import { follow, previousOf, type LedgerFold } from '../entries/fold.js';
import { formatLine } from '../entries/ledger-line.js';
import type { CheckpointNote } from '../notes/checkpoint.js';
import type { Signer } from '../signatures.js';
import { decisionBody, type Decider } from './decision-body.js';
import type { LedgerSetup } from './ledger-setup.js';
import type { LineFile } from './line-file.js';
import { oneAtATime } from './one-at-a-time.js';
import { publisher, type Publisher } from './publisher.js';
import { budgetExhausted, refused } from './refusals.js';
import { heldRounds, issueReservation, reserveEvidence, type Reservation } from './reservation.js';

/** A block of rounds that a study is about to run: the event of one round, and which rounds. */
export interface ReserveRequest {
  readonly study: StudyHash;
  readonly cohort: CohortName;
  /** One for each purpose, training first; rounds ascending, at most 50. */
  readonly items: readonly { readonly purpose: Purpose; readonly event: Json; readonly rounds: readonly number[] }[];
}

export interface SpendRequest {
  readonly round: number;
  readonly attempt: number;
  readonly purposes: readonly Purpose[];
}

export interface RoundsOf {
  readonly purpose: Purpose;
  readonly rounds: readonly number[];
}

/** What a ledger that passed its start-up check is made of. */
export interface LedgerParts {
  readonly setup: LedgerSetup;
  /** The key that signs the ledger now. */
  readonly signer: Signer;
  readonly fold: LedgerFold;
  readonly lines: Uint8Array[];
  readonly file: LineFile;
  readonly published: CheckpointNote | undefined;
  readonly knownByWitness: Map<string, number>;
  readonly release: () => Promise<void>;
}

/**
 * The ledger of one population in the hands of its one writer. Entries are written one after the other, each on disk
 * before the call returns; what a reserve allows is usable only once it is published.
 */
export class Ledger {
  private readonly inTurn = oneAtATime();
  private readonly publisher: Publisher;
  private signer: Signer;
  private stopped: Error | undefined;

  /** For `openLedger` alone. */
  constructor(private readonly parts: LedgerParts) {
    const { setup, signer, fold, lines, published, knownByWitness } = parts;
    this.signer = signer;
    this.publisher = publisher(setup, fold, lines, published, knownByWitness, (error) => (this.stopped = error));
  }

  /** What follows from the entries. Do not change it: it is the ledger's own. */
  get state(): LedgerState {
    const { state } = this.parts.fold;
    if (state === undefined) throw new TypeError('a ledger without its first entry');
    return state;
  }

  get size(): number {
    return this.parts.fold.tree.size;
  }

  /** The last checkpoint that was cosigned and mirrored. */
  get published(): CheckpointNote | undefined {
    return this.publisher.published;
  }

  /** The budget as people see it; looking changes nothing. */
  shown(): ShownBudget {
    return shownBudget(this.state, this.parts.setup.accountant);
  }

  /**
   * Reserves a block, or finds what is reserved already, and publishes it. Asked twice, it reserves once: rounds that
   * are held keep their reserve, so that an agent that was killed simply asks again.
   * @throws ConsiliumError BUDGET_EXHAUSTED, NOT_APPROVED, APPROVAL_ENDED, PAUSED, DISK_FULL: nothing is reserved.
   *   WITNESS_QUORUM, LEDGER_MIRROR: reserved, not usable yet. LEDGER_WRITE, LEDGER_ROLLED_BACK: the ledger is out of use
   */
  async reserve(request: ReserveRequest): Promise<Reservation> {
    await this.writing(() => this.reserveMissing(request));
    const { fold, lines, setup } = this.parts;
    const held = heldRounds(this.state, request.study, request.items);
    // What was published before stays usable while a witness is lost: only a new reserve waits for the quorum.
    const checkpoint = this.published !== undefined && held.last < this.published.size ? this.published : await this.publish();
    const evidence = reserveEvidence(fold.tree, lines, checkpoint, held.entries);
    return issueReservation({ population: setup.name.population, study: request.study, rounds: held.rounds, evidence });
  }

  /**
   * Marks a round as spent, on disk, before the first byte of its upload leaves. Later attempts of a round that is
   * spent cost nothing more: they carry the same noised integers (PROTOCOL.md section 4).
   * @throws ConsiliumError BUDGET_EXHAUSTED after the limit was tightened, NOT_APPROVED, APPROVAL_ENDED, PAUSED, DISK_FULL, LEDGER_REFUSED, LEDGER_WRITE
   */
  async spend({ study }: Reservation, { round, attempt, purposes }: SpendRequest): Promise<void> {
    await this.writing(async () => {
      const holdings = this.state.studies.get(study)?.holdings;
      const open = purposes.filter((purpose) => holdings?.get(holdingKey(purpose, round))?.status !== 'spent');
      if (open.length > 0) await this.move({ kind: 'spend', study, round, attempt, purposes: open });
    });
  }

  /**
   * Returns rounds in which this site uploaded in no attempt. After STATE_RESTORED it may not claim so: see `writeOff`.
   * @throws ConsiliumError LEDGER_REFUSED, DISK_FULL, LEDGER_WRITE
   */
  async giveBack(study: StudyHash, items: readonly RoundsOf[]): Promise<void> {
    await this.writing(() => this.move({ kind: 'return', study, items: copied(items), why: 'not-uploaded', certificate: null }));
  }

  /** Returns one round that enough sites bound themselves never to release. @throws ConsiliumError LEDGER_REFUSED, DISK_FULL, LEDGER_WRITE */
  async giveBackAborted(study: StudyHash, round: number, purposes: readonly Purpose[], certificate: AbortCertificate): Promise<void> {
    const items = purposes.map((purpose) => ({ purpose, rounds: [round] }));
    await this.writing(() => this.move({ kind: 'return', study, items, why: 'aborted', certificate }));
  }

  /** Counts reserved rounds as spent, because the site no longer knows whether it uploaded in them (STATE_RESTORED). */
  async writeOff(study: StudyHash, items: readonly RoundsOf[]): Promise<void> {
    await this.writing(() => this.move({ kind: 'write-off', study, items: copied(items), why: 'state-restored' }));
  }

  /**
   * Enters what somebody decided; it acts from the next reserve or spend on, and what is spent stays spent. A limit moves
   * at the same orders. Sites become witnesses only once each of them has cosigned the ledger as it is.
   * @throws ConsiliumError NOT_ALLOWED; LEDGER_REFUSED (for a limit with the smallest possible one); WITNESS_QUORUM; DISK_FULL, LEDGER_WRITE
   */
  async decide(decision: Decision, by: Decider): Promise<void> {
    await this.writing(async () => {
      const body = decisionBody(this.state, decision, by, this.parts.setup.accountant);
      const wrong = this.looked(body);
      if (wrong !== undefined) throw this.refusal(wrong, body);
      if (body.kind === 'witnesses') await this.publisher.introduce(body.add, this.signer);
      await this.write(body);
    });
  }

  /** Whether an officer's word stands here already. @param nonce - 32 hex digits */
  hasWord(nonce: string): boolean {
    return this.state.words.has(nonce);
  }

  /** Whether rounds of a study may be reserved and spent now. @throws ConsiliumError PAUSED, NOT_APPROVED, APPROVAL_ENDED */
  permit(study: StudyHash): void {
    const open = openStudy(this.state, study);
    if ('fault' in open) throw refused(open, this.state, study);
  }

  async note(about: Extract<EntryBody, { kind: 'note' }>['about'], entries: number): Promise<void> {
    await this.writing(() => this.write({ kind: 'note', about, entries }));
  }

  /** Hands the ledger on to a new identity key; signed by both. The roster must carry the new one before the next publish. */
  async rotate(next: Signer): Promise<void> {
    await this.writing(async () => {
      await this.write({ kind: 'rotate', key: Buffer.from(next.publicKey).toString('hex') }, [this.signer, next]);
      this.signer = next;
    });
  }

  /** Brings everything on disk to the quorum and the mirror. @throws ConsiliumError WITNESS_QUORUM, LEDGER_MIRROR, LEDGER_ROLLED_BACK */
  async publish(): Promise<CheckpointNote> {
    if (this.stopped !== undefined) throw this.stopped;
    return this.publisher.publish(this.signer);
  }

  /** Lets the file and its lock go. */
  async close(): Promise<void> {
    await this.inTurn(async () => {
      this.stopped ??= new TypeError('a ledger that was closed');
      await this.parts.file.close();
      await this.parts.release();
    });
  }

  /** One after the other, and only while nothing contradicts this ledger. */
  private writing<T>(work: () => Promise<T>): Promise<T> {
    return this.inTurn(() => (this.stopped === undefined ? work() : Promise.reject(this.stopped)));
  }

  private async reserveMissing({ study, cohort, items }: ReserveRequest): Promise<void> {
    const { accountant } = this.parts.setup;
    const { orders } = this.state.terms;
    const holdings = this.state.studies.get(study)?.holdings;
    const missing = items.flatMap(({ purpose, event, rounds }) => {
      const open = rounds.filter((round) => !isHeld(holdings?.get(holdingKey(purpose, round))?.status));
      if (open.length === 0) return [];
      const { grid, deciding } = accountant.price(event, orders);
      return [
        { purpose, event, accountant: accountant.version, rounds: open, grid: { ...grid }, deciding: [...deciding] as [string, string] },
      ];
    });
    if (missing.length > 0) await this.move({ kind: 'reserve', study, cohort, items: missing });
  }

  private async move(body: Unsummed): Promise<void> {
    const movement = movementOf(this.state, this.size, body, this.parts.setup);
    if ('fault' in movement) throw this.refusal(movement, body);
    await this.write({ ...body, after: formatSums(movement.totals) });
  }

  private async write(body: EntryBody, signers: readonly Signer[] = [this.signer]): Promise<void> {
    const { fold, setup, lines, file } = this.parts;
    const entry = this.placed(body);
    const apply = follow(fold, entry, setup);
    if (typeof apply !== 'function') throw this.refusal(apply, body);
    const line = formatLine(entry, signers);
    await file.append([line]);
    apply(line);
    lines.push(line);
    setup.written?.(entry.kind);
  }

  /** What speaks against an entry, before anything is done for it. */
  private looked(body: EntryBody): Fault | undefined {
    const found = follow(this.parts.fold, this.placed(body), this.parts.setup);
    return typeof found === 'function' ? undefined : found;
  }

  private placed(body: EntryBody): Entry {
    const { fold, setup } = this.parts;
    return { ...body, index: fold.tree.size, previous: previousOf(fold.tree), at: setup.now().toISOString() };
  }

  private refusal(found: Fault, body: Unsummed | EntryBody): Error {
    const over = found.fault === 'over-budget' ? overBudget(this.state, body) : undefined;
    if (over === undefined) return refused(found, this.state, 'study' in body ? body.study : undefined);
    const { terms, name } = this.state;
    const affordable = affordableRounds(this.state, over.purpose, over.price);
    return budgetExhausted(
      name.population,
      this.parts.setup.accountant.shown(terms, [formatPair(over.sums)]).epsilonUsed,
      terms.epsilonMax,
      affordable,
    );
  }
}

function isHeld(status: string | undefined): boolean {
  return status === 'reserved' || status === 'spent';
}

function copied(items: readonly RoundsOf[]): { purpose: Purpose; rounds: number[] }[] {
  return items.map(({ purpose, rounds }) => ({ purpose, rounds: [...rounds] }));
}
