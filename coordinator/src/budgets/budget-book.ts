import { fingerprintWords } from '@consilium/identity';
import { deciderWords, rdpAccountant, shownBudget } from '@consilium/ledger';
import type { StudyHash } from '@consilium/protocol';
import type { LedgerMirror, MirroredLedger } from '../ledgers/index.js';
import { listStudies, looseningRequestsOf, type Database, type LedgerKey } from '../storage/index.js';
import { addToRecord, emptyRecord, type BudgetRecord } from './budget-record.js';
import type { BudgetView, StudySpending } from './budget-view.js';
import { epsilonDown, epsilonLimit, epsilonUp } from './epsilon.js';
import { projectedExhaustion } from './projection.js';
import { unknownLedger } from './refused-changes.js';
import { epsilonOfRounds } from './study-spending.js';
import { thinHistory } from './thin-history.js';
import type { Tightenings } from './tightenings.js';

export interface BudgetBookPorts {
  readonly db: Database;
  readonly mirror: Pick<LedgerMirror, 'find' | 'list' | 'linesFrom'>;
  readonly tightenings: Pick<Tightenings, 'list'>;
  readonly now: () => Date;
}

const MOST_POINTS = 500;
const REQUESTS_SHOWN = 10;
const accountant = rdpAccountant();

/** The sites' budgets over all studies, computed from the mirrored ledgers. */
export class BudgetBook {
  /** What was read so far of each ledger: the next look reads what came since. */
  readonly #records = new Map<string, Promise<BudgetRecord>>();

  constructor(private readonly ports: BudgetBookPorts) {}

  async list(): Promise<readonly BudgetView[]> {
    const names = await this.#studyNames();
    const ledgers = await this.ports.mirror.list();
    return Promise.all(ledgers.map((ledger) => this.#view(ledger, names)));
  }

  /** @throws ConsiliumError LEDGER_UNKNOWN */
  async view(key: LedgerKey): Promise<BudgetView> {
    const ledger = await this.ports.mirror.find(key);
    if (ledger === undefined) throw unknownLedger(key.site, key.population);
    return this.#view(ledger, await this.#studyNames());
  }

  /** How the budget moved, up to the mirror's newest entry. */
  record({ site, population }: LedgerKey): Promise<BudgetRecord> {
    const name = `${site}/${population}`;
    const reading = (this.#records.get(name) ?? Promise.resolve(emptyRecord()))
      .catch(() => emptyRecord())
      .then(async (record) => {
        const lines = await this.ports.mirror.linesFrom({ site, population }, record.size);
        for (const line of lines) addToRecord(record, line);
        return record;
      });
    this.#records.set(name, reading);
    return reading;
  }

  async #view(ledger: MirroredLedger, names: ReadonlyMap<string, string>): Promise<BudgetView> {
    const { state, size, root, note, cosigned } = ledger;
    const { site, population } = note;
    const record = await this.record(note);
    const shown = shownBudget(state, accountant);
    const [requests, asked] = await Promise.all([
      this.ports.tightenings.list({ site, population }),
      looseningRequestsOf(this.ports.db, { site, population }, REQUESTS_SHOWN),
    ]);
    const waiting = requests.filter((one) => one.state === 'waiting').length;
    return {
      site,
      population,
      limit: epsilonLimit(shown.epsilonMax),
      spent: epsilonUp(shown.spent.epsilonUsed),
      reserved: epsilonUp(shown.held.epsilonUsed - shown.spent.epsilonUsed),
      left: epsilonDown(shown.held.epsilonLeft),
      percentUsed: shown.held.percentUsed,
      delta: shown.delta,
      unit: 'patient',
      frozen: shown.frozen,
      frozenBy: state.frozen === undefined ? null : deciderWords(state.frozen),
      projectedExhaustion: projectedExhaustion(record.points, this.ports.now()),
      studies: studiesOf(ledger, record, names),
      history: thinHistory(record.points, MOST_POINTS).map(({ at, entry, limit, spent, held, left }) => ({
        at,
        entry,
        limit: epsilonLimit(limit).value,
        left: epsilonDown(left).value,
        reserved: epsilonUp(held - spent).value,
        spent: epsilonUp(spent).value,
      })),
      requests: requests.slice(0, Math.max(waiting, REQUESTS_SHOWN)),
      looseningRequests: asked.map((one) => ({
        epsilonLimit: one.epsilon_limit,
        reason: one.reason,
        by: one.asked_by,
        at: one.asked_at.toISOString(),
      })),
      source: 'mirror',
      verified: cosigned,
      entries: size,
      headWords: fingerprintWords(root),
    };
  }

  async #studyNames(): Promise<ReadonlyMap<string, string>> {
    return new Map((await listStudies(this.ports.db)).map(({ hash, name }) => [hash, name]));
  }
}

function studiesOf({ state }: MirroredLedger, record: BudgetRecord, names: ReadonlyMap<string, string>): StudySpending[] {
  const { delta } = state.terms;
  return [...state.studies].map(([hash, { status }]) => {
    const rounds = [...record.rounds.values()].filter(({ study }) => study === hash);
    const spent = rounds.filter(({ spentBy }) => spentBy !== undefined);
    return {
      hash: hash as StudyHash,
      name: names.get(hash) ?? null,
      status,
      epsilon: epsilonUp(epsilonOfRounds(rounds, delta)),
      spent: epsilonUp(epsilonOfRounds(spent, delta)),
      rounds: { spent: spent.length, reserved: rounds.length - spent.length },
    };
  });
}
