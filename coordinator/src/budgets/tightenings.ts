import { PopulationName, type SiteName } from '@consilium/protocol';
import type { OpenResponse, TighteningAnswer } from '@consilium/protocol/wire';
import { moveLimit } from '@consilium/privacy';
import type { LedgerMirror, MirroredLedger } from '../ledgers/index.js';
import {
  addTightening,
  answerTightening,
  moveTightening,
  tighteningsOf,
  waitingTightenings,
  type Database,
  type LedgerKey,
  type TighteningRow,
} from '../storage/index.js';
import { askingName } from './asking-name.js';
import { frozenAlready, notTighter, unknownLedger } from './refused-changes.js';
import { tighteningView, type TighteningView } from './tightening-view.js';

export interface TighteningPorts {
  readonly db: Database;
  readonly mirror: Pick<LedgerMirror, 'find'>;
  readonly now: () => Date;
}

/** To a connected site; to another one nothing goes out. */
export type SendToSite = (site: SiteName, message: OpenResponse) => void;

/** Throws to refuse a change. */
export type Expected = () => Promise<void>;

/** How often a request that came out of turn gets a number that the site says is free. */
const MOST_MOVES = 3;
/** As entries of ledgers count. */
const LARGEST_NUMBER = 0x7fff_ffff;
const FREEZE = { $case: 'freeze', value: {} } as const;

/**
 * What officers of the consortium ask the sites to tighten. A request is stored before it is sent, and sent in every
 * session until the site has answered. The site decides: it enters the change in its ledger under its own signature,
 * before it reserves anything more, and refuses what would loosen (UX.md section 1c).
 */
export class Tightenings {
  #send: SendToSite = () => undefined;
  readonly #answered = new Set<(request: TighteningView) => void>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: TighteningPorts) {}

  /** From now on requests go out through these sessions. */
  sendThrough(send: SendToSite): void {
    this.#send = send;
  }

  /** Called with each request that a site has answered. */
  onAnswered(listener: (request: TighteningView) => void): void {
    this.#answered.add(listener);
  }

  /**
   * Asks a site to lower a limit.
   * @param epsilonLimit - a decimal below the present limit
   * @param expected - looks at the budget in the moment of the change, and throws where the caller saw another one
   * @throws ConsiliumError LEDGER_UNKNOWN, NOT_TIGHTER, BUDGET_LIMIT
   */
  tighten(key: LedgerKey, epsilonLimit: string, by: string, expected?: Expected): Promise<TighteningView> {
    return this.#ask(key, by, { epsilonLimit, expected }, ({ state }, waiting) => {
      const limit = Number(epsilonLimit);
      const lowest = Math.min(state.terms.epsilonMax, ...waiting.flatMap((one) => one.epsilon_limit ?? []).map(Number));
      if (limit >= lowest) throw notTighter(key.population, lowest);
      // Throws where nothing at all could be admitted any more.
      moveLimit(state.terms, limit);
      return undefined;
    });
  }

  /** Asks a site to freeze a population; asked again while the site is away, it is one request. @throws ConsiliumError LEDGER_UNKNOWN, FROZEN_ALREADY */
  freeze(key: LedgerKey, by: string, expected?: Expected): Promise<TighteningView> {
    return this.#ask(key, by, { epsilonLimit: null, expected }, ({ state }, waiting) => {
      if (state.frozen !== undefined) throw frozenAlready(key.population);
      return waiting.find((one) => one.epsilon_limit === null);
    });
  }

  /** All requests to one ledger, newest first. */
  async list(key: LedgerKey): Promise<readonly TighteningView[]> {
    return (await tighteningsOf(this.ports.db, key)).map(tighteningView).reverse();
  }

  /** A site has come: what it has not answered goes to it, in its order. */
  async opened(site: SiteName): Promise<void> {
    for (const row of await waitingTightenings(this.ports.db, site)) this.#put(row);
  }

  /** What a site says of a request to one of its own ledgers; an answer to none is ignored. */
  async take(site: SiteName, answer: TighteningAnswer): Promise<void> {
    const population = PopulationName.safeParse(answer.population).data;
    if (population === undefined) return;
    await this.#inTurn(() => this.#take({ site, population }, answer));
  }

  async #take(key: LedgerKey, { request, entered, refused, last }: TighteningAnswer): Promise<void> {
    const { db, now } = this.ports;
    if (!entered && refused === 'out-of-turn' && last < LARGEST_NUMBER) {
      const moved = await moveTightening(db, key, request, await this.#nextNumber(key, last), MOST_MOVES);
      if (moved !== undefined) return this.#put(moved);
    }
    const word = /^[a-z-]{1,40}$/.test(refused) ? refused : 'refused';
    const answer = { outcome: entered ? 'entered' : 'refused', refused: entered ? null : word, at: now() } as const;
    const row = await answerTightening(db, key, request, answer);
    if (row !== undefined) for (const listener of this.#answered) listener(tighteningView(row));
  }

  #ask(
    key: LedgerKey,
    by: string,
    { epsilonLimit, expected }: { readonly epsilonLimit: string | null; readonly expected: Expected | undefined },
    check: (ledger: MirroredLedger, waiting: readonly TighteningRow[]) => TighteningRow | undefined,
  ): Promise<TighteningView> {
    return this.#inTurn(async () => {
      const { db, mirror, now } = this.ports;
      const ledger = await mirror.find(key);
      if (ledger === undefined) throw unknownLedger(key.site, key.population);
      await expected?.();
      const known = await tighteningsOf(db, key);
      const same = check(
        ledger,
        known.filter((one) => one.outcome === null),
      );
      if (same !== undefined) return tighteningView(same);
      const request = await this.#nextNumber(key, ledger.state.lastRequest);
      const row = await addTightening(db, { ...key, request, epsilon_limit: epsilonLimit, asked_by: askingName(by), asked_at: now() });
      this.#put(row);
      return tighteningView(row);
    });
  }

  /** @param taken - the highest that the site has, as far as one knows: this database may be older than its ledger */
  async #nextNumber(key: LedgerKey, taken: number): Promise<number> {
    const known = await tighteningsOf(this.ports.db, key);
    return 1 + Math.max(taken, ...known.map(({ request }) => request));
  }

  #put({ site, population, request, asked_by: by, epsilon_limit: limit }: TighteningRow): void {
    const change = limit === null ? FREEZE : ({ $case: 'epsilonLimit', value: limit } as const);
    this.#send(site, { body: { $case: 'tightening', value: { population, request, by, change } } });
  }

  /** Numbers are given one after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
