import type { Ledger, MirrorTail } from '@consilium/ledger';
import { COHORT, CONSORTIUM, gaussian, POPULATION, rounds, SITE, STUDY, studyHash, World } from '../../libs/ledger/test/world.js';
import { LedgerMirror } from '../src/ledgers/index.js';
import type { Database } from '../src/storage/index.js';

const DAY_MS = 86_400_000;
/** A second study over the same patients. */
export const OTHER = studyHash('b');
export const LEDGER = { site: SITE, population: POPULATION };

/** A site's ledger that fills the real mirror, and a clock that both share. The site must be in the database. */
export class MirroredLedger {
  readonly world = new World();
  readonly mirror: LedgerMirror;
  now = new Date(this.world.clock);

  constructor(readonly db: Database) {
    const { world } = this;
    this.mirror = new LedgerMirror({
      db,
      consortium: CONSORTIUM,
      keys: () => Promise.resolve(new Map([SITE, ...world.names].map((site) => [site, world.keysOf(site)]))),
      counted: () => undefined,
      now: () => this.now,
    });
    const { store } = world.mirrorLink;
    const both = async (tail: MirrorTail, signal: AbortSignal) => {
      await this.mirror.store(SITE, { population: POPULATION, ...tail });
      return store(tail, signal);
    };
    Object.assign(world.mirrorLink, { store: both });
  }

  static async empty(db: Database): Promise<MirroredLedger> {
    for (const table of ['ledger_line', 'ledger_note', 'tightenings', 'loosening_requests'] as const) await db.deleteFrom(table).execute();
    return new MirroredLedger(db);
  }

  later(days: number): void {
    this.now = new Date((this.world.clock += days * DAY_MS));
  }

  /** Two studies over a month: one spends ten rounds of twenty, every second day; the other then holds five. The limit falls to 5.5. */
  async busyMonth(): Promise<Ledger> {
    const { world } = this;
    const ledger = await world.approved();
    const items = (count: number) => [{ purpose: 'training' as const, event: gaussian(20), rounds: rounds(0, count) }];
    const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items: items(20) });
    for (let round = 0; round < 10; round += 1) {
      this.later(2);
      await ledger.spend(reservation, { round, attempt: 0, purposes: ['training'] });
    }
    await ledger.decide({ kind: 'study', action: 'approve', study: OTHER, epsilonLimit: null, until: null }, world.officer);
    this.later(10);
    await ledger.reserve({ study: OTHER, cohort: COHORT, items: items(5) });
    await ledger.decide({ kind: 'limit', epsilonMax: 5.5 }, world.officer);
    await ledger.publish();
    return ledger;
  }
}
