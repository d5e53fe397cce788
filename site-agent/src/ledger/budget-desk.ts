import { existsSync } from 'node:fs';
import {
  covers,
  holdingKey,
  isBlockDue,
  ledgerPlace,
  NODE_FILES,
  packEvidence,
  rdpAccountant,
  signAbort,
  type Accountant,
  type Ledger,
  type Purpose,
  type Reservation,
  type ShownBudget,
  type Signer,
} from '@consilium/ledger';
import { readIdentityKey } from '@consilium/identity';
import { purposesOfRound } from '@consilium/privacy';
import { ConsiliumError, PopulationName, SiteName, type StudyHash } from '@consilium/protocol';
import type { AbortCertificate } from '@consilium/protocol/wire';
import type { SiteConfig } from '../config/index.js';
import type { Connection } from '../connection/index.js';
import { overlapGate, type OverlapGate } from '../overlap/index.js';
import { CoordinatorAnswer } from '../rounds/ask-coordinator.js';
import { studyOutcome } from '../rounds/end-study.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { Budgets } from '../rounds/study-at-site.js';
import { restoredUpTo } from '../rounds/witnesses/restored.js';
import { findApproval, makePrivateDirectory, rosterInForce, type SiteState } from '../state/index.js';
import { returnAborted, settle, writeOffUpTo } from './end-of-study.js';
import { memberKeys } from './member-keys.js';
import { mirrorOf } from './mirror.js';
import { issueReserved, issueSpent, needsBudget, type ReservedRound, type SpendPlace, type SpentRound } from './paid-round.js';
import type { PopulationBudget } from './population-budget.js';
import { markRecovered } from './recovered.js';
import { startLedger } from './start-ledger.js';
import { blockFrom, type LedgerStudy } from './study-rounds.js';
import type { WitnessCalls } from './witness-calls.js';

/** For all witnesses together, and for the mirror. */
const PATIENCE_MS = 5_000;

export interface BudgetDeskSetup {
  readonly consortium: string;
  readonly name: SiteName;
  readonly state: SiteState;
  readonly config: Pick<SiteConfig, 'budgets' | 'cohorts' | 'populations'>;
  readonly connection: Pick<Connection, 'ledger'>;
  readonly signer: Signer;
  readonly calls: WitnessCalls;
  readonly warn: (fields: Readonly<Record<string, string>>, message: string) => void;
  /** For the metrics. */
  readonly shown?: ((population: string, budget: ShownBudget) => void) | undefined;
  readonly timeoutMs?: number;
}

/** A ledger that passed its start-up check, and what it has allowed so far. */
interface OpenLedger {
  readonly population: PopulationName;
  readonly ledger: Ledger;
  readonly reservations: Map<StudyHash, Reservation[]>;
  /** A block that is reserved ahead, or a checkpoint on its way: nobody waits for it. */
  background: Promise<void>;
  /** What stands in line there: each thing once, however slow the witnesses are. */
  readonly queued: Set<string>;
}

/**
 * The budgets of this site's populations. A round of a patient mode touches data only with a {@link ReservedRound}, and
 * uploads only with a {@link SpentRound}; this is the one place that makes them.
 */
export class BudgetDesk implements Budgets {
  readonly #setup: BudgetDeskSetup;
  readonly #accountant: Accountant = rdpAccountant();
  readonly #keysOf: ReturnType<typeof memberKeys>;
  readonly #open = new Map<PopulationName, Promise<OpenLedger>>();
  /** No patient is charged in two ledgers. */
  readonly #requireApart: OverlapGate;
  #closed = false;

  constructor(setup: BudgetDeskSetup) {
    this.#setup = setup;
    this.#keysOf = memberKeys(setup.state);
    this.#requireApart = overlapGate(setup.state.layout, setup.config);
  }

  /**
   * Before any data are touched. Asked again after a restart it finds what was reserved.
   * @throws SiteRefused and ConsiliumError BUDGET_EXHAUSTED, POLICY_BUDGET, POPULATION_OVERLAP, WITNESS_QUORUM, LEDGER_INVALID,
   *   LEDGER_ROLLED_BACK, DISK_FULL; CoordinatorAnswer while the mirror cannot be reached
   */
  async reserve(at: LedgerStudy, round: number): Promise<ReservedRound> {
    if (!needsBudget(at.study)) return issueReserved({ round });
    await this.#requireApart(at.study.cohort.name);
    const purposes = purposesOfRound(at.study, round);
    const open = await this.#ledgerFor(at);
    try {
      const known = this.#reservation(open, at, round, purposes);
      if (known === undefined) await this.#reserveBlock(open, at, round);
      else if (isBlockDue(open.ledger.state, at.hash, 'training')) this.#ahead(open, at.hash, () => this.#reserveBlock(open, at, round));
      const reservation = known ?? this.#reservation(open, at, round, purposes);
      if (reservation === undefined) throw new TypeError('a reservation that does not hold what was asked for');
      this.#show(open);
      const holdings = open.ledger.state.studies.get(at.hash)?.holdings;
      const spent = purposes.some((purpose) => holdings?.get(holdingKey(purpose, round))?.status === 'spent');
      return issueReserved({ round, paid: { purposes, reservation, spent } });
    } catch (error) {
      throw await this.#failed(open, error);
    }
  }

  /**
   * Before seats for the rounds from `round` on are advertised: holds their price and proves it to the other sites. While
   * witnesses are lost, the proof is of what was held before.
   * @throws as {@link reserve}
   */
  async evidence(at: LedgerStudy, round: number): Promise<Buffer | undefined> {
    if (!needsBudget(at.study)) return undefined;
    await this.#requireApart(at.study.cohort.name);
    const purposes = purposesOfRound(at.study, round);
    const open = await this.#ledgerFor(at);
    try {
      const before = this.#reservation(open, at, round, purposes);
      await this.#reserveBlock(open, at, round).catch((error: unknown) => {
        if (before === undefined || !isUnpublished(error)) throw error;
      });
      const reservation = this.#reservation(open, at, round, purposes);
      if (reservation === undefined) throw new TypeError('a reservation that does not hold what was asked for');
      this.#show(open);
      return packEvidence(reservation.evidence);
    } catch (error) {
      throw await this.#failed(open, error);
    }
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
      if (open.ledger.size > before) this.#ahead(open, 'publish', async () => void (await open.ledger.publish()));
      this.#show(open);
      return issueSpent(reserved);
    } catch (error) {
      throw await this.#failed(open, error);
    }
  }

  signAbort({ hash }: LedgerStudy, round: number): Uint8Array {
    const { consortium, name, signer } = this.#setup;
    return signAbort({ consortium, study: hash, round }, name, signer);
  }

  /** The study is over. What cannot be settled now is settled when the ledger is next opened, or the end is told again. */
  async endStudy(study: LedgerStudy, aborted?: AbortCertificate): Promise<void> {
    if (!needsBudget(study.study)) return;
    try {
      const { population } = this.#budgetOf(study);
      const place = ledgerPlace(this.#setup.state.layout.ledgers, population);
      if (!this.#open.has(population) && !existsSync(place.lines)) return;
      const open = await this.#ledgerFor(study);
      await settle(open.ledger, this.#setup.state, open.population, study.hash);
      if (aborted) await returnAborted(open.ledger, study, aborted);
      open.reservations.delete(study.hash);
      this.#show(open);
      this.#ahead(open, 'publish', async () => void (await open.ledger.publish()));
    } catch (error) {
      this.#warn(error, 'what an ended study had reserved could not be given back yet');
    }
  }

  /** Resolves when nothing is on its way; gives up the writers' locks. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const opening of this.#open.values()) {
      const open = await opening.catch(() => undefined);
      await open?.background;
      await open?.ledger.close();
    }
    this.#open.clear();
  }

  #reservation({ reservations }: OpenLedger, { hash }: LedgerStudy, round: number, purposes: readonly Purpose[]): Reservation | undefined {
    return reservations.get(hash)?.findLast((one) => purposes.every((purpose) => covers(one, purpose, round)));
  }

  async #reserveBlock(open: OpenLedger, at: LedgerStudy, round: number): Promise<void> {
    const { ledger, reservations } = open;
    await this.#approve(ledger, at);
    const floor = restoredUpTo(this.#setup.state, at.hash);
    if (floor) await writeOffUpTo(ledger, at.hash, floor.round);
    const ask = () => ledger.reserve(blockFrom(ledger.state, this.#accountant, at, round));
    // Another study may have taken the room between the look and the entry: the second look sees what is left.
    const reservation = await ask().catch((error: unknown) => (isExhausted(error) ? ask() : Promise.reject(error as Error)));
    const known = reservations.get(at.hash) ?? [];
    reservations.set(at.hash, [...known.slice(-1), reservation]);
  }

  /** The ledger says by itself which studies may use it: the officer's signature over this one was checked by now. */
  async #approve(ledger: Ledger, { hash }: LedgerStudy): Promise<void> {
    const status = ledger.state.studies.get(hash)?.status;
    if (status === 'approved' || status === 'paused') return;
    const until = findApproval(this.#setup.state, hash)?.statement.until ?? null;
    const by = { role: 'officer', name: 'identity-key' } as const;
    await ledger.decideStudy({ action: 'approve', study: hash, epsilonLimit: null, until, by });
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

  async #ledgerFor(at: LedgerStudy): Promise<OpenLedger> {
    const { population, budget } = this.#budgetOf(at);
    const opening = this.#open.get(population) ?? this.#start(population, budget, at);
    this.#open.set(population, opening);
    try {
      const open = await opening;
      const { witnesses } = open.ledger.state.terms;
      const { names } = at.study.sites;
      if (!names.every((site) => site === this.#setup.name || witnesses.includes(site)))
        throw siteRefused('POLICY_BUDGET', { population, why: 'witnesses' });
      return open;
    } catch (error) {
      const failed = (await opening.catch(() => undefined)) === undefined;
      if (failed && this.#open.get(population) === opening) this.#open.delete(population);
      throw error;
    }
  }

  #budgetOf({ study }: LedgerStudy): { readonly population: PopulationName; readonly budget: PopulationBudget } {
    const { cohorts, budgets } = this.#setup.config;
    const name = cohorts.get(study.cohort.name)?.population;
    const budget = name === undefined ? undefined : budgets.get(name);
    if (name === undefined || budget === undefined) throw siteRefused('POLICY_BUDGET', { population: name ?? 'none', why: 'limit' });
    return { population: PopulationName.parse(name), budget };
  }

  async #start(population: PopulationName, budget: PopulationBudget, { study }: LedgerStudy): Promise<OpenLedger> {
    const { consortium, name, state, connection, signer, calls, timeoutMs = PATIENCE_MS } = this.#setup;
    if (this.#closed) throw new TypeError('the agent has stopped');
    makePrivateDirectory(state.layout.ledgers);
    const mirror = mirrorOf(connection, population);
    const witnesses = budget.witnesses ?? study.sites.names.filter((site) => site !== name);
    const members = (rosterInForce(state)?.members ?? []).map(({ site }) => site).filter((site) => site !== name);
    const ledger = await startLedger({
      setup: {
        name: { consortium, site: name, population },
        place: ledgerPlace(state.layout.ledgers, population),
        files: NODE_FILES,
        accountant: this.#accountant,
        signer,
        readKey: readIdentityKey,
        keysOf: this.#keysOf,
        witnesses,
        witnessLink: calls,
        mirrorLink: mirror,
        now: () => new Date(),
        timeoutMs,
      },
      terms: {
        publicSize: study.sites.publicSizes?.[name] ?? 0,
        delta: budget.delta,
        largerDelta: budget.largerDelta,
        epsilonMax: budget.epsilonLimit,
      },
      ask: [...new Set<string>([...witnesses, ...members])],
      calls,
      mirror,
      recovered: (size) => markRecovered(state, population, size),
    });
    try {
      await this.#followConfig(ledger, population, budget);
      for (const hash of ledger.state.studies.keys())
        if (studyOutcome(state, hash as StudyHash) !== undefined) await settle(ledger, state, population, hash as StudyHash);
    } catch (error) {
      await ledger.close();
      throw error;
    }
    const open = { population, ledger, reservations: new Map(), background: Promise.resolve(), queued: new Set<string>() };
    // What was spent just before the last stop, nobody else may have seen yet.
    if (ledger.size > (ledger.published?.size ?? 0)) this.#ahead(open, 'publish', async () => void (await ledger.publish()));
    return open;
  }

  /** A limit that was lowered in `site.yaml` counts at once; one that was raised there needs the officer. */
  async #followConfig(ledger: Ledger, population: PopulationName, { epsilonLimit, delta }: PopulationBudget): Promise<void> {
    const { epsilonMax, delta: fixed } = ledger.state.terms;
    if (epsilonLimit < epsilonMax) await ledger.setLimit(epsilonLimit, { role: 'officer', name: 'site.yaml' });
    if (epsilonLimit > epsilonMax)
      this.#setup.warn(
        { population },
        `site.yaml has a higher limit than the ledger (${epsilonMax}), which stands: only an officer may raise it`,
      );
    if (delta !== fixed) this.#setup.warn({ population }, `site.yaml has another delta than the ledger (${fixed}), which never changes`);
  }

  #show({ population, ledger }: OpenLedger): void {
    this.#setup.shown?.(population, ledger.shown());
  }

  #warn(error: unknown, message: string): void {
    this.#setup.warn({ code: error instanceof ConsiliumError ? error.code : 'INTERNAL' }, message);
  }
}

const isExhausted = (error: unknown): boolean => error instanceof ConsiliumError && error.code === 'BUDGET_EXHAUSTED';

/** Reserved, and not usable yet. */
const isUnpublished = (error: unknown): boolean =>
  error instanceof ConsiliumError && ['WITNESS_QUORUM', 'LEDGER_MIRROR'].includes(error.code);

function pick({ code, errorClass, message, fix }: ConsiliumError) {
  return { code, errorClass, message, fix };
}
