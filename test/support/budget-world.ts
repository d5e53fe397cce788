import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readIdentityKey } from '@consilium/identity';
import { ledgerPlace, NODE_FILES, readLedger, type Entry, type EntryKind, type EntryOf, type ReadLedger } from '@consilium/ledger';
import { PopulationName } from '@consilium/protocol';
import { memberKeys } from '../../site-agent/src/ledger/index.js';
import { studyYaml, StudyWorld } from '../../site-agent/test/study-world.js';

const HEART = PopulationName.parse('heart');
const SITES = ['a', 'b', 'c'] as const;

export interface NoisyTerms {
  readonly sampling: number;
  readonly rounds: number;
  /** n̂ of each of the three sites. */
  readonly publicSize: number;
  /** The local mode's steps in a round; without it the noise is shared among the sites. */
  readonly localSteps?: number;
}

/** A study of a patient mode at three sites; no table of scores, so that training is all that it pays for. */
export function patientStudyYaml({ sampling, rounds, publicSize, localSteps }: NoisyTerms): string {
  const [mode, algorithm] =
    localSteps === undefined
      ? ['patient/distributed', `name: dp-sgd, rounds: ${rounds}, learningRate: 0.5`]
      : ['patient/local', `name: fedavg, rounds: ${rounds}, localSteps: ${localSteps}, learningRate: 0.05, maxWeight: 1000`];
  return studyYaml(SITES)
    .replace(/^algorithm:.*$/m, `algorithm: { ${algorithm} }\nmetrics: { every: 1000 }`)
    .replace('{ mode: none }', `{ mode: ${mode}, sampling: ${sampling}, clip: 1, noiseMultiplier: 4, delta: 1.0e-4 }`)
    .replace('sites: {', `sites: { publicSizes: { ${SITES.map((site) => `${site}: ${publicSize}`).join(', ')} },`);
}

/** Three sites with real state directories, seen from the ledger of the first one's population. */
export class BudgetWorld extends StudyWorld {
  constructor(terms: NoisyTerms) {
    super(patientStudyYaml(terms), { epsilonLimit: 50 });
    // Witnesses that are lost on purpose are not waited for long.
    this.patienceMs = 400;
  }

  get ledgerFile(): string {
    return this.#place.lines;
  }

  get #place() {
    return ledgerPlace(this.at('a').state.layout.ledgers, HEART);
  }

  /** As `consilium-site ledger show` reads it, beside the agent that writes. */
  async read(): Promise<ReadLedger> {
    const keysOf = memberKeys(this.at('a').state);
    const found = await readLedger(NODE_FILES, this.#place, HEART, { keysOf, readKey: readIdentityKey });
    if (found === undefined) throw new Error('there is no ledger');
    return found;
  }

  entries<K extends EntryKind>(kind: K): readonly EntryOf<K>[] {
    const lines = readFileSync(this.ledgerFile, 'utf8').split('\n').filter(Boolean);
    const entries = lines.map((line) => (JSON.parse(line) as { readonly entry: Entry }).entry);
    return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
  }

  /** One round as a contribution pays for it. */
  async pay(round: number): Promise<void> {
    const { budgets } = this.at('a');
    await budgets.spend(this, await budgets.reserve(this, round), { round, attempt: 0 });
  }

  /** Resolves when the mirror, and so the witnesses before it, have every line of the file. */
  async mirrored(): Promise<void> {
    const { size } = await this.read();
    const arrived = () => this.coordinator.ledgers.get('a heart')?.length === size;
    for (let wait = 0; wait < 500 && !arrived(); wait += 1) await setTimeout(10);
    if (!arrived()) throw new Error('the mirror lacks the newest entries');
  }

  /**
   * The agent is killed now: the next one finds the ledger's files as they lie here, whatever an orderly end would still
   * have written.
   */
  async kill(): Promise<void> {
    const copy = mkdtempSync(join(tmpdir(), 'killed-'));
    const { ledgers } = this.at('a').state.layout;
    cpSync(ledgers, copy, { recursive: true });
    await this.restart('a', () => {
      rmSync(ledgers, { recursive: true });
      cpSync(copy, ledgers, { recursive: true });
    });
    rmSync(copy, { recursive: true });
  }
}
