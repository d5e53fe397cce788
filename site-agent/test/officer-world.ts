import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { readIdentityKey } from '@consilium/identity';
import { ledgerPlace, rdpAccountant, verifyLedger, type VerifiedLedger } from '@consilium/ledger';
import { parseYaml, PopulationName, resolveStudy, StudyFile, studyHash, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { runCli } from '../src/cli/index.js';
import { loadConfig } from '../src/config/index.js';
import { memberKeys } from '../src/ledger/member-keys.js';
import type { LedgerStudy } from '../src/ledger/study-rounds.js';
import { studyYaml, StudyWorld } from './study-world.js';

export const HEART = PopulationName.parse('heart');

const noisy = (name: string, sites: readonly string[]) =>
  studyYaml(sites)
    .replace('name: heart-lr', `name: ${name}`)
    .replace(/^algorithm:.*$/m, 'algorithm: { name: dp-sgd, rounds: 40, learningRate: 0.5 }\nmetrics: { every: 1000 }')
    .replace('{ mode: none }', '{ mode: patient/distributed, sampling: 1, clip: 1, noiseMultiplier: 4, delta: 1.0e-4 }')
    .replace('sites: {', `sites: { publicSizes: { ${sites.map((site) => `${site}: 40`).join(', ')} },`);

/** A study over some of the sites that nobody but the ledger has to know. */
export function noisyStudy(name: string, sites: readonly string[]): LedgerStudy {
  const study = resolveStudy(parseYaml(noisy(name, sites), StudyFile, 'study'), sealParameters);
  return { hash: studyHash(studySpecification(study)), study };
}

/** Members a to d; at `a` an officer with a key in dpo.key, and the commands of that site. */
export class OfficerWorld extends StudyWorld {
  readonly #privacy: string;

  constructor(epsilonLimit: number) {
    super(noisy('heart-lr', ['a', 'b', 'c', 'd']), { epsilonLimit });
    this.patienceMs = 400;
    this.#privacy = `epsilonLimit: ${epsilonLimit}, delta: 1.0e-4, largerDelta: true`;
  }

  override async start(): Promise<void> {
    await super.start();
    const key = await this.run('officer key new -o dpo.key');
    if (key.code !== 0) throw new Error(key.stderr);
    await this.configure();
  }

  /** Another site.yaml at `a`, and its agent started again with it. */
  async configure({ officers = '[dpo.pub]', privacy = this.#privacy } = {}): Promise<void> {
    const { root, config } = this.at('a');
    const text = `site: a
coordinator: localhost:1
state: state
populations: { heart: { privacy: { ${privacy} } } }
cohorts: { heart: { population: heart, public: true, source: { type: csv, path: heart.csv } } }
policy: { modes: [patient/distributed], minPatients: 10, deltaMax: 1.0e-3 }
officers: ${officers}
`;
    writeFileSync(join(root, 'site.yaml'), text);
    Object.assign(config, loadConfig(join(root, 'site.yaml')));
    await this.restart('a');
  }

  async run(args: string) {
    const texts = { stdout: '', stderr: '' };
    const into = (name: 'stdout' | 'stderr') => new Writable({ write: (chunk, _, done) => ((texts[name] += String(chunk)), done()) });
    const code = await runCli(args.split(' '), {
      stdin: Readable.from([]),
      stdout: into('stdout'),
      stderr: into('stderr'),
      interactive: false,
      signal: new AbortController().signal,
      cwd: this.at('a').root,
      uid: 1000,
    });
    return { code, ...texts };
  }

  /** @param args - of a command at `a` */
  async json(args: string) {
    const { code, stdout } = await this.run(`--json ${args}`);
    const envelope = JSON.parse(stdout) as {
      readonly data: Record<string, unknown>;
      readonly error: { readonly code: string; readonly message: string; readonly fix: string };
    };
    return { code, ...envelope };
  }

  /** One round as a contribution of `a` pays for it. */
  async pay(study: LedgerStudy, round: number): Promise<void> {
    const { budgets } = this.at('a');
    await budgets.spend(study, await budgets.reserve(study, round), { round, attempt: 0 });
  }

  file(): Buffer {
    return readFileSync(ledgerPlace(this.at('a').state.layout.ledgers, HEART).lines);
  }

  /** As anybody verifies it who has the roster and the newest checkpoint. */
  verified(checkpoint?: string): VerifiedLedger {
    const keysOf = memberKeys(this.at('a').state);
    const world = { keysOf, readKey: readIdentityKey, accountant: rdpAccountant() };
    const verdict = verifyLedger(this.file(), checkpoint === undefined ? world : { ...world, checkpoint });
    if (!verdict.ok) throw new Error(verdict.detail);
    return verdict;
  }

  /** The newest note that a quorum has cosigned. */
  note(): string {
    return readFileSync(ledgerPlace(this.at('a').state.layout.ledgers, HEART).checkpoint, 'utf8');
  }
}
