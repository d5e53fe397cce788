import { expect } from 'vitest';
import { type StudyHash } from '@consilium/protocol';
import { signAbort } from '../src/budget/abort-certificate.js';
import { holdingKey, type HoldingKey } from '../src/budget/state.js';
import { isAdmitted, parsePair, plus, type Pair } from '../src/budget/sums.js';
import { PURPOSES, type Purpose } from '../src/entries/entry.js';
import type { Ledger } from '../src/store/ledger.js';
import type { Reservation } from '../src/store/reservation.js';
import { verifyLedger } from '../src/verify/verify-ledger.js';
import { Crashed, type Trouble } from './memory-disk.js';
import { ACCOUNTANT, COHORT, CONSORTIUM, gaussian, QUICK_KEYS, rounds, SITE, studyHash, World } from './world.js';

/** Where the machine dies: at the how-manieth change of the disk from here, how, and how much of the cache survives. */
export interface CrashPoint {
  readonly call: number;
  readonly how: Trouble;
  readonly survives: number;
}

export interface Step {
  readonly what:
    'reserve' | 'upload' | 'retry' | 'give-back' | 'abort' | 'publish' | 'freeze' | 'lose-witness' | 'snapshot' | 'restore' | 'restart';
  readonly study: number;
  readonly size: number;
  readonly crash: CrashPoint | undefined;
}

const SIGMAS = [6, 9, 14];
const ORDERS: [number, number] = [3, 4];

/**
 * A site that does what an agent would, over crashes and restores, beside a plain record of what really left the
 * building. The record is never told what the ledger thinks.
 */
export class Schedule {
  readonly world = new World(2, QUICK_KEYS);
  private ledger!: Ledger;
  /** What was uploaded, and not undone by an abort certificate: study, purpose and round. */
  private readonly left = new Map<string, Pair>();
  /** Entries that a call has promised, and their bytes. */
  private promised = 0;
  private readonly next = [0, 0, 0];
  private readonly reservations = new Map<number, Reservation>();
  private forgot = false;
  private saved: ReadonlyMap<string, Buffer> | undefined;

  async start(): Promise<void> {
    this.ledger = await this.world.open();
    await this.approveAll();
    await this.ledger.publish();
    this.promised = this.ledger.size;
  }

  async take(step: Step): Promise<void> {
    this.arm(step.crash);
    try {
      await this.act(step);
      this.promised = Math.max(this.promised, this.ledger.size);
    } catch (error) {
      if (!(error instanceof Crashed)) expectRefusal(error);
      if (error instanceof Crashed || outOfUse(error) || step.what === 'restore') await this.reopen(step.crash?.survives ?? 0);
    }
    this.world.disk.trouble = () => undefined;
    this.check();
  }

  private async act({ what, study, size }: Step): Promise<void> {
    const hash = STUDIES[study]!;
    switch (what) {
      case 'reserve': {
        const from = this.next[study]!;
        const items = [{ purpose: 'training' as const, event: gaussian(SIGMAS[study]!), rounds: rounds(from, size) }];
        const evaluation = { purpose: 'evaluation' as const, event: gaussian(30), rounds: [from] };
        const reservation = await this.ledger.reserve({ study: hash, cohort: COHORT, items: [...items, evaluation] });
        this.reservations.set(study, reservation);
        this.next[study] = from + size;
        return;
      }
      case 'upload':
        return this.upload(study, this.openRound(study));
      case 'retry':
        return this.upload(study, this.spentRound(study));
      case 'give-back': {
        const open = this.openRounds(study).slice(0, size);
        const items = PURPOSES.flatMap((purpose) => {
          const held = open.filter((round) => this.status(study, purpose, round) === 'reserved');
          return held.length > 0 ? [{ purpose, rounds: held }] : [];
        });
        if (items.length > 0) await this.ledger.giveBack(hash, items);
        return;
      }
      case 'abort':
        return this.abort(study, this.spentRound(study));
      case 'publish':
        return void (await this.ledger.publish());
      case 'freeze':
        return this.ledger.state.frozen
          ? this.ledger.decide({ kind: 'unfreeze' }, this.world.officer)
          : this.ledger.decide({ kind: 'freeze' }, this.world.officer);
      case 'lose-witness': {
        const site = this.world.names[size % 2]!;
        if (!this.world.lost.delete(site)) this.world.lost.add(site);
        return;
      }
      case 'snapshot':
        this.saved = this.world.disk.snapshot();
        return;
      case 'restore':
        return this.restore();
      case 'restart':
        throw new Crashed('pulled the plug');
    }
  }

  /** Spends, and only then lets the first byte out. */
  private async upload(study: number, round: number | undefined): Promise<void> {
    const reservation = this.reservations.get(study);
    if (round === undefined || reservation === undefined) return;
    const purposes = PURPOSES.filter((purpose) => {
      const status = this.status(study, purpose, round);
      return status === 'reserved' || status === 'spent';
    });
    if (purposes.length === 0) return;
    await this.ledger.spend(reservation, { round, attempt: 0, purposes });
    for (const purpose of purposes) this.left.set(`${study} ${holdingKey(purpose, round)}`, this.price(study, purpose));
  }

  private async abort(study: number, round: number | undefined): Promise<void> {
    if (round === undefined) return;
    const name = { consortium: CONSORTIUM, study: STUDIES[study]!, round };
    const sites = [SITE, ...this.world.names];
    const signatures = sites.map((site) => ({
      site,
      signature: Buffer.from(signAbort(name, site, this.world.signer(site))).toString('hex'),
    }));
    const purposes = PURPOSES.filter((purpose) => this.status(study, purpose, round) !== undefined);
    // Once the certificate exists nobody can open the round, whether or not the ledger gets to hear of it.
    for (const purpose of purposes) this.left.delete(`${study} ${holdingKey(purpose, round)}`);
    await this.ledger.giveBackAborted(name.study, round, purposes, { n: 3, t: 3, c: 1, signatures });
  }

  /** An administrator puts an older copy of the disk back, while the agent is down. */
  private async restore(): Promise<void> {
    if (this.saved === undefined) return;
    await this.ledger.close();
    const newest = this.world.disk.content('/ledgers/heart.jsonl');
    this.world.disk.restore(this.saved);
    const older = this.world.disk.content('/ledgers/heart.jsonl');
    if (!newest.equals(older)) this.promised = 0;
    this.forgot ||= !newest.equals(older);
    await this.open();
  }

  /** What others saw is back. What nobody saw is what STATE_RESTORED is for: nothing that is open counts as unused. */
  private async remember(): Promise<void> {
    if (!this.forgot) return;
    for (const study of STUDIES.keys()) {
      await this.writeOff(study);
      this.next[study]! += 100;
    }
    this.forgot = false;
  }

  private async writeOff(study: number): Promise<void> {
    const items = PURPOSES.flatMap((purpose) => {
      const open = this.roundsOf(study).filter((round) => this.status(study, purpose, round) === 'reserved');
      return open.length > 0 ? [{ purpose, rounds: open.slice(0, 50) }] : [];
    });
    if (items.length === 0) return;
    await this.ledger.writeOff(STUDIES[study]!, items);
    await this.writeOff(study);
  }

  private async reopen(survives: number): Promise<void> {
    this.world.disk.trouble = () => undefined;
    this.world.disk.survives = survives;
    this.world.crash();
    await this.open();
  }

  private async open(): Promise<void> {
    this.world.lost.clear();
    this.ledger = await this.world.open();
    expect(this.ledger.size).toBeGreaterThanOrEqual(this.promised);
    await this.approveAll();
    await this.remember();
    this.promised = this.ledger.size;
  }

  private async approveAll(): Promise<void> {
    if (this.ledger.state.frozen) await this.ledger.decide({ kind: 'unfreeze' }, this.world.officer);
    for (const study of STUDIES)
      if (!this.ledger.state.studies.has(study))
        await this.ledger.decide({ kind: 'study', action: 'approve', study, epsilonLimit: null, until: null }, this.world.officer);
  }

  private arm(crash: CrashPoint | undefined): void {
    const at = this.world.disk.calls + (crash?.call ?? 0);
    this.world.disk.trouble = (call) => (crash !== undefined && call === at ? crash.how : undefined);
  }

  /** No overspend, nothing lost, nothing doubled: the ledger against what really left. */
  private check(): void {
    const { state } = this.ledger;
    const sums = { training: [0n, 0n] as Pair, evaluation: [0n, 0n] as Pair };
    for (const [key, price] of this.left) {
      const [study = '', purpose = ''] = key.split(' ');
      sums[purpose as Purpose] = plus(sums[purpose as Purpose], price);
      const held = state.studies.get(STUDIES[Number(study)]!)?.holdings.get(key.slice(study.length + 1) as HoldingKey);
      expect(held?.status, `${key} left the building`).toBe('spent');
    }
    for (const purpose of PURPOSES) {
      expect(isAdmitted(sums[purpose], state.terms.budgets), `${purpose} overspent`).toBe(true);
      const holdings = [...state.studies.values()].flatMap((record) => [...record.holdings].filter(([key]) => key.startsWith(purpose)));
      const total = (wanted: readonly string[]) =>
        holdings.filter(([, { status }]) => wanted.includes(status)).reduce<Pair>((sum, [, { price }]) => plus(sum, price), [0n, 0n]);
      expect(state.totals[purpose]).toEqual({ held: total(['reserved', 'spent']), spent: total(['spent']) });
      expect(isAdmitted(state.totals[purpose].held, state.terms.budgets)).toBe(true);
    }
  }

  /** At the end: the file by itself, and against what the witnesses have. */
  async finish(): Promise<void> {
    this.world.lost.clear();
    const note = await this.ledger.publish();
    const verdict = verifyLedger(this.world.file(), {
      keysOf: this.world.keysOf,
      readKey: QUICK_KEYS.readKey,
      accountant: ACCOUNTANT,
      checkpoint: note.text,
    });
    expect(verdict).toMatchObject({ ok: true, entries: this.ledger.size });
    expect(Buffer.concat(this.world.mirror.lines.flatMap((line) => [line, Buffer.from('\n')]))).toEqual(this.world.file());
  }

  private status(study: number, purpose: Purpose, round: number): string | undefined {
    return this.ledger.state.studies.get(STUDIES[study]!)?.holdings.get(holdingKey(purpose, round))?.status;
  }

  private roundsOf(study: number): readonly number[] {
    const holdings = this.ledger.state.studies.get(STUDIES[study]!)?.holdings ?? new Map<HoldingKey, never>();
    return [...new Set([...holdings.keys()].map((key) => Number(key.split(' ')[1])))].toSorted((one, other) => one - other);
  }

  private openRounds(study: number): readonly number[] {
    return this.roundsOf(study).filter((round) =>
      PURPOSES.every((purpose) => ['reserved', undefined].includes(this.status(study, purpose, round))),
    );
  }

  private openRound(study: number): number | undefined {
    return this.openRounds(study)[0];
  }

  private spentRound(study: number): number | undefined {
    return this.roundsOf(study).find((round) => this.status(study, 'training', round) === 'spent');
  }

  private price(study: number, purpose: Purpose): Pair {
    const { deciding } = ACCOUNTANT.price(gaussian(purpose === 'training' ? SIGMAS[study]! : 30), ORDERS);
    return parsePair(deciding);
  }
}

const STUDIES: readonly StudyHash[] = [studyHash('a'), studyHash('b'), studyHash('c')];

const EXPECTED = new Set(['BUDGET_EXHAUSTED', 'WITNESS_QUORUM', 'LEDGER_MIRROR', 'PAUSED', 'DISK_FULL', 'LEDGER_WRITE', 'LEDGER_REFUSED']);

function expectRefusal(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!EXPECTED.has(code)) throw error;
}

function outOfUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LEDGER_WRITE';
}
