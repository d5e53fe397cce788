import { existsSync } from 'node:fs';
import {
  covers,
  holdingKey,
  isBlockDue,
  ledgerPlace,
  packEvidence,
  rdpAccountant,
  signAbort,
  type Accountant,
  type Decision,
  type Ledger,
  type Purpose,
  type Reservation,
  type ShownBudget,
  type Signer,
} from '@consilium/ledger';
import { purposesOfRound } from '@consilium/privacy';
import { ConsiliumError, PopulationName, SiteName, type StudyHash } from '@consilium/protocol';
import type { AbortCertificate } from '@consilium/protocol/wire';
import type { SiteConfig } from '../config/index.js';
import type { Connection } from '../connection/index.js';
import { earlierKeyFiles } from '../keys/index.js';
import { overlapGate, type OverlapGate } from '../overlap/index.js';
import { CoordinatorAnswer } from '../rounds/ask-coordinator.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { Budgets } from '../rounds/study-at-site.js';
import { restoredUpTo } from '../rounds/witnesses/restored.js';
import { findApproval, type SiteState } from '../state/index.js';
import { waitingDecisions } from './decision-queue.js';
import { returnAborted, settle, writeOffUpTo } from './end-of-study.js';
import { enterDecisions, type Entering } from './enter-decisions.js';
import { forgetEarlierKeys } from './forget-earlier-keys.js';
import { ledgersHere } from './ledgers-here.js';
import { memberKeys } from './member-keys.js';
import { openPopulationLedger, type LedgerHouse } from './open-population-ledger.js';
import { issueReserved, issueSpent, needsBudget, type ReservedRound, type SpendPlace, type SpentRound } from './paid-round.js';
import { blockFrom, type LedgerStudy } from './study-rounds.js';
import type { LedgerObserver } from './ledger-observer.js';
import type { WitnessCalls } from './witness-calls.js';

/** For all witnesses together, and for the mirror. */
const PATIENCE_MS = 5_000;
/** How soon a running agent enters what an officer decides while no round asks for anything. */
const LOOK_MS = 1_000;
/** How long it waits before it opens or publishes a ledger again where that failed. */
const RETRY_MS = 30_000;

export interface BudgetDeskSetup {
  readonly consortium: string;
  readonly name: SiteName;
  readonly state: SiteState;
  readonly config: Pick<SiteConfig, 'budgets' | 'cohorts' | 'populations' | 'officers' | 'keyFiles'>;
  readonly connection: Pick<Connection, 'ledger'>;
  readonly signer: Signer;
  readonly calls: WitnessCalls;
  readonly warn: (fields: Readonly<Record<string, string>>, message: string) => void;
  /** For the metrics. */
  readonly shown?: ((population: string, budget: ShownBudget) => void) | undefined;
  readonly watched?: LedgerObserver | undefined;
  /** Each decision that was entered or refused; see `Entering`. */
  readonly settled?: Entering['settled'];
  readonly timeoutMs?: number;
}

/** A ledger that passed its start-up check, and what it has allowed so far. */
interface OpenLedger {
  readonly population: PopulationName;
  readonly ledger: Ledger;
  readonly reservations: Map<StudyHash, Reservation[]>;
  /** Entering what people decided, one call after the other. */
  following: Promise<void>;
  /** A block that is reserved ahead, or a checkpoint on its way: nobody waits for it. */
  background: Promise<void>;
  /** What stands in line there: each thing once, however slow the witnesses are. */
  readonly queued: Set<string>;
  /** Unix time in milliseconds before which `attend` does not publish again. */
  againAt: number;
}

/**
 * The budgets of this site's populations. A round of a patient mode touches data only with a {@link ReservedRound}, and
 * uploads only with a {@link SpentRound}; this is the one place that makes them.
 */
export class BudgetDesk implements Budgets {
  readonly #setup: BudgetDeskSetup;
  readonly #accountant: Accountant = rdpAccountant();
  readonly #house: LedgerHouse;
  readonly #open = new Map<PopulationName, Promise<OpenLedger>>();
  /** No patient is charged in two ledgers. */
  readonly #requireApart: OverlapGate;
  #closed = false;
  #looking: NodeJS.Timeout | undefined;
  readonly #notBefore = new Map<PopulationName, number>();

  constructor(setup: BudgetDeskSetup) {
    this.#setup = setup;
    const { timeoutMs = PATIENCE_MS, state } = setup;
    this.#house = { ...setup, accountant: this.#accountant, keysOf: memberKeys(state), timeoutMs };
    this.#requireApart = overlapGate(setup.state.layout, setup.config);
  }

  /**
   * Before any data are touched. Asked again after a restart it finds what was reserved.
   * @throws SiteRefused and ConsiliumError BUDGET_EXHAUSTED, POLICY_BUDGET, POPULATION_OVERLAP, WITNESS_QUORUM, LEDGER_INVALID,
   *   LEDGER_ROLLED_BACK, DISK_FULL; CoordinatorAnswer while the mirror cannot be reached
   */
  async reserve(at: LedgerStudy, round: number): Promise<ReservedRound> {
    if (!needsBudget(at.study)) return issueReserved({ round });
    return this.#withPurposes(at, round, async (open, purposes) => {
      const known = this.#reservation(open, at, round, purposes);
      if (known === undefined) await this.#reserveBlock(open, at, round);
      else if (isBlockDue(open.ledger.state, at.hash, 'training')) this.#ahead(open, at.hash, () => this.#reserveBlock(open, at, round));
      const reservation = known ?? this.#held(open, at, round, purposes);
      const holdings = open.ledger.state.studies.get(at.hash)?.holdings;
      const spent = purposes.some((purpose) => holdings?.get(holdingKey(purpose, round))?.status === 'spent');
      return issueReserved({ round, paid: { purposes, reservation, spent } });
    });
  }

  /**
   * Before seats for the rounds from `round` on are advertised: holds their price and proves it to the other sites. While
   * witnesses are lost, the proof is of what was held before.
   * @returns the packed evidence, or undefined for a study that needs no budget
   * @throws as {@link reserve}
   */
  async evidence(at: LedgerStudy, round: number): Promise<Buffer | undefined> {
    if (!needsBudget(at.study)) return undefined;
    return this.#withPurposes(at, round, async (open, purposes) => {
      const before = this.#reservation(open, at, round, purposes);
      await this.#reserveBlock(open, at, round).catch((error: unknown) => {
        if (before === undefined || !isUnpublished(error)) throw error;
      });
      return packEvidence(this.#held(open, at, round, purposes).evidence);
    });
  }

  /**
   * Before the first byte of the round leaves; on disk when it returns. Later attempts of a round that is spent cost
   * nothing more: they carry the same integers.
   * @throws ConsiliumError BUDGET_EXHAUSTED after the limit was tightened, DISK_FULL
   */
  async spend(at: LedgerStudy, reserved: ReservedRound, { round, attempt }: SpendPlace): Promise<SpentRound> {
    const { paid } = reserved;
    if (reserved.round !== round) throw new TypeError('the reservation of another round');
    if (paid === undefined) return issueSpent(reserved);
    const open = await this.#ledgerFor(at);
    try {
      const before = open.ledger.size;
      await open.ledger.spend(paid.reservation, { round, attempt, purposes: paid.purposes });
      // What others have seen cannot be undone by an old copy of the disk: they are told at once, and nobody waits.
      if (open.ledger.size > before) this.#publishAhead(open);
      this.#show(open);
      return issueSpent(reserved);
    } catch (error) {
      throw await this.#failed(open, error);
    }
  }

  /**
   * This site's word that it did not and will not release a round (PROTOCOL.md section 7, "Spent means uploaded"). Whoever
   * asks for it has stored that first.
   * @returns an Ed25519 signature, 64 bytes
   */
  signAbort({ hash }: LedgerStudy, round: number): Uint8Array {
    const { consortium, name, signer } = this.#setup;
    return signAbort({ consortium, study: hash, round }, name, signer);
  }

  /** The study is over. What cannot be settled now is settled when the ledger is next opened, or the end is told again. */
  async endStudy(study: LedgerStudy, aborted?: AbortCertificate): Promise<void> {
    if (!needsBudget(study.study)) return;
    try {
      const population = this.#populationOf(study);
      const place = ledgerPlace(this.#setup.state.layout.ledgers, population);
      if (!this.#open.has(population) && !existsSync(place.lines)) return;
      const open = await this.#ledgerFor(study);
      await settle(open.ledger, this.#setup.state, open.population, study.hash);
      if (aborted) await returnAborted(open.ledger, study, aborted);
      open.reservations.delete(study.hash);
      this.#show(open);
      this.#publishAhead(open);
    } catch (error) {
      this.#warn(error, 'what an ended study had reserved could not be given back yet');
    }
  }

  /** Looks now and then for decisions while no round asks for anything; until `close`. */
  watch(): void {
    let looking = false;
    this.#looking = setInterval(() => {
      if (looking) return;
      looking = true;
      void this.attend().finally(() => (looking = false));
    }, LOOK_MS);
  }

  /**
   * Enters what waits in every ledger that exists, and hands those of an earlier key on to the present one. Never throws:
   * what could not be done is tried again, and in any case before the next reserve.
   */
  async attend(): Promise<void> {
    const { state } = this.#setup;
    const rekeyed = earlierKeyFiles(state.layout).length > 0;
    for (const population of ledgersHere(state.layout)) {
      const waits = rekeyed || this.#open.has(population) || waitingDecisions(state, population).length > 0;
      if (!waits || (this.#notBefore.get(population) ?? 0) > Date.now()) continue;
      try {
        if (this.#closed) return;
        const open = await (this.#open.get(population) ?? this.#start(population));
        await this.#follow(open);
        this.#publishAgain(open);
      } catch (error) {
        this.#notBefore.set(population, Date.now() + RETRY_MS);
        this.#warn(error, 'a ledger could not be opened to enter what was decided; tried again');
      }
    }
    if (rekeyed)
      await this.#forgetEarlierKeys().catch((error: unknown) => this.#warn(error, 'an earlier identity key could not be deleted yet'));
  }

  /** Resolves when nothing is on its way; gives up the writers' locks. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#looking);
    for (const opening of this.#open.values()) {
      const open = await opening.catch(() => undefined);
      await open?.following.catch(() => undefined);
      await open?.background;
      await open?.ledger.close();
    }
    this.#open.clear();
  }

  /** One look at the ledger of a study that people let use it; what it finds is shown in the metrics. */
  async #withPurposes<T>(at: LedgerStudy, round: number, work: (open: OpenLedger, purposes: readonly Purpose[]) => Promise<T>): Promise<T> {
    await this.#requireApart(at.study.cohort.name);
    const purposes = purposesOfRound(at.study, round);
    const open = await this.#ledgerFor(at);
    try {
      await this.#approve(open.ledger, at);
      open.ledger.permit(at.hash);
      const found = await work(open, purposes);
      this.#show(open);
      return found;
    } catch (error) {
      throw await this.#failed(open, error);
    }
  }

  #held(open: OpenLedger, at: LedgerStudy, round: number, purposes: readonly Purpose[]): Reservation {
    const reservation = this.#reservation(open, at, round, purposes);
    if (reservation === undefined) throw new TypeError('a reservation that does not hold what was asked for');
    return reservation;
  }

  #reservation({ reservations }: OpenLedger, { hash }: LedgerStudy, round: number, purposes: readonly Purpose[]): Reservation | undefined {
    return reservations.get(hash)?.findLast((one) => purposes.every((purpose) => covers(one, purpose, round)));
  }

  async #reserveBlock(open: OpenLedger, at: LedgerStudy, round: number): Promise<void> {
    const { ledger, reservations } = open;
    const floor = restoredUpTo(this.#setup.state, at.hash);
    if (floor) await writeOffUpTo(ledger, at.hash, floor.round);
    const ask = () => ledger.reserve(blockFrom(ledger.state, this.#accountant, at, round));
    // Another study may have taken the room between the look and the entry: the second look sees what is left.
    const reservation = await ask().catch((error: unknown) => (isExhausted(error) ? ask() : Promise.reject(error as Error)));
    const known = reservations.get(at.hash) ?? [];
    reservations.set(at.hash, [...known.slice(-1), reservation]);
  }

  /**
   * The ledger says by itself which studies may use it. Where an officer signed the approval, that word is entered with the
   * other decisions; at a site without officers the site's own approval is.
   */
  async #approve(ledger: Ledger, { hash }: LedgerStudy): Promise<void> {
    if (ledger.state.studies.has(hash)) return;
    const approval = findApproval(this.#setup.state, hash)?.statement;
    if (approval?.decision === 'withdraw') throw siteRefused('APPROVAL_ENDED', { why: 'withdrawn' });
    if (approval?.officer)
      throw siteRefused(
        'NOT_APPROVED',
        {},
        new Error("the officer's word was given for another population, or not taken: approve the study again"),
      );
    const { epsilonLimit = null, until = null } = approval ?? {};
    const limit = epsilonLimit === null ? null : Number(epsilonLimit);
    await ledger.decide({ kind: 'study', action: 'approve', study: hash, epsilonLimit: limit, until }, BY_SITE);
  }

  #ahead(open: OpenLedger, what: string, work: () => Promise<void>): void {
    if (open.queued.has(what)) return;
    open.queued.add(what);
    open.background = open.background
      .then(() => {
        open.queued.delete(what);
        return this.#closed ? undefined : work();
      })
      .catch((error: unknown) => {
        if (!isExhausted(error)) this.#warn(error, 'a ledger could not be published yet');
      });
  }

  /** A ledger that others contradict is read again, and fetched back where it was cut. */
  async #failed({ population, ledger }: OpenLedger, error: unknown): Promise<unknown> {
    if (!(error instanceof ConsiliumError)) return error;
    if (error.code === 'LEDGER_ROLLED_BACK') {
      const current = await this.#open.get(population)?.catch(() => undefined);
      if (current?.ledger === ledger) this.#open.delete(population);
      await ledger.close();
    }
    return error.code === 'LEDGER_MIRROR' ? new CoordinatorAnswer({ ...pick(error), cause: error }) : error;
  }

  /** Open, and with all that was decided so far. */
  async #ledgerFor(at: LedgerStudy): Promise<OpenLedger> {
    const population = this.#populationOf(at);
    const open = await (this.#open.get(population) ?? this.#start(population, at));
    await this.#follow(open).catch(async (error: unknown) => {
      throw await this.#failed(open, error);
    });
    const { witnesses } = open.ledger.state.terms;
    if (!at.study.sites.names.every((site) => site === this.#setup.name || witnesses.includes(site)))
      throw siteRefused('POLICY_BUDGET', { population, why: 'witnesses' });
    return open;
  }

  #populationOf({ study }: LedgerStudy): PopulationName {
    const { cohorts, budgets } = this.#setup.config;
    const name = cohorts.get(study.cohort.name)?.population;
    if (name === undefined || !budgets.has(name)) throw siteRefused('POLICY_BUDGET', { population: name ?? 'none', why: 'limit' });
    return PopulationName.parse(name);
  }

  #start(population: PopulationName, study?: LedgerStudy): Promise<OpenLedger> {
    if (this.#closed) throw new TypeError('the agent has stopped');
    const opening = openPopulationLedger(this.#house, population, study).then((ledger) => {
      const open: OpenLedger = {
        population,
        ledger,
        reservations: new Map(),
        following: Promise.resolve(),
        background: Promise.resolve(),
        queued: new Set(),
        againAt: 0,
      };
      this.#setup.watched?.verified(new Date());
      // What was spent just before the last stop, nobody else may have seen yet.
      if (ledger.size > (ledger.published?.size ?? 0)) this.#publishAhead(open);
      return open;
    });
    this.#open.set(population, opening);
    opening.catch(() => {
      if (this.#open.get(population) === opening) this.#open.delete(population);
    });
    return opening;
  }

  /** Enters what people have decided meanwhile, one call after the other. */
  #follow(open: OpenLedger): Promise<void> {
    const { ledger, population } = open;
    const { state, config } = this.#setup;
    const follow = async (): Promise<void> => {
      const before = ledger.size;
      const refused = (decision: Decision, code: string) =>
        this.#setup.warn(
          { population, decision: decision.kind, code },
          'a decision was not entered in the ledger: consilium-site ledger show',
        );
      try {
        await enterDecisions(ledger, { state, population, config, now: new Date(), refused, settled: this.#setup.settled });
      } finally {
        if (ledger.size > before) {
          this.#publishAhead(open);
          this.#show(open);
        }
      }
    };
    open.following = open.following.catch(() => undefined).then(follow);
    return open.following;
  }

  /** What could not be published when it was entered is brought to the witnesses although nobody waits for it. */
  #publishAgain(open: OpenLedger): void {
    if (open.ledger.size === open.ledger.published?.size || open.againAt > Date.now()) return;
    open.againAt = Date.now() + RETRY_MS;
    this.#publishAhead(open);
  }

  #publishAhead(open: OpenLedger): void {
    this.#ahead(open, 'publish', async () => {
      await open.ledger.publish();
      await this.#forgetEarlierKeys();
    });
  }

  async #forgetEarlierKeys(): Promise<void> {
    const { state, config, signer } = this.#setup;
    const open = await Promise.all([...this.#open.values()].map((opening) => opening.catch(() => undefined)));
    await forgetEarlierKeys(
      state.layout,
      config,
      signer.publicKey,
      open.filter((one) => one !== undefined),
    );
  }

  #show({ population, ledger }: OpenLedger): void {
    this.#setup.shown?.(population, ledger.shown());
  }

  #warn(error: unknown, message: string): void {
    this.#setup.warn({ code: error instanceof ConsiliumError ? error.code : 'INTERNAL' }, message);
  }
}

const BY_SITE = { role: 'site', name: 'identity-key' } as const;

const isExhausted = (error: unknown): boolean => error instanceof ConsiliumError && error.code === 'BUDGET_EXHAUSTED';

/** Reserved, and not usable yet. */
const isUnpublished = (error: unknown): boolean =>
  error instanceof ConsiliumError && ['WITNESS_QUORUM', 'LEDGER_MIRROR'].includes(error.code);

function pick({ code, errorClass, message, fix }: ConsiliumError) {
  return { code, errorClass, message, fix };
}
