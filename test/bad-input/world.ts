import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJoinToken } from '@consilium/identity';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../coordinator/src/storage/embedded/embedded-postgres.js';
import { stateLayout } from '../../site-agent/src/state/index.js';
import { watchStudy, type Consortium } from '../../demo/src/index.js';
import { refusedConsilium, refusedSite, type RefusedCommand } from '../support/refused-command.js';
import { proposeQuickly } from '../support/site-command.js';
import { eventually, inventedCsv, SITES, smallConsortium, type SmallConsortium } from '../support/small-consortium.js';

/** Invented patients whose identifiers nothing else looks like. */
export const patientsOf = (site: string): string => inventedCsv(site).replace(/^[a-d]-(\d+),/gm, `patient-${site}-$1,`);

/** What stands in bad cells, and must never be seen outside them. */
export const CANARY = { level: 'CANARY-LEVEL', number: '77.7777' } as const;

/** One running consortium, all that was said in it, and the means to look whether anything private is among it. */
export class World {
  readonly #heard: string[] = [];
  readonly #tokens: string[] = [];

  private constructor(readonly small: SmallConsortium) {}

  static async start(): Promise<World> {
    return new World(await smallConsortium({ csv: patientsOf }));
  }

  get consortium(): Consortium {
    return this.small.consortium;
  }

  /** `consilium …` that must be refused. */
  refusedConsilium(...args: readonly string[]): Promise<RefusedCommand> {
    return this.#listen(refusedConsilium(this.consortium, ...args));
  }

  /** `consilium-site …` that must be refused. @param site - a name whose directory holds a `site.yaml` */
  refusedSite(site: string, ...args: readonly string[]): Promise<RefusedCommand> {
    return this.#listen(refusedSite(this.consortium, site, ...args));
  }

  hear(...texts: readonly string[]): void {
    this.#heard.push(...texts);
  }

  async #listen(command: Promise<RefusedCommand>): Promise<RefusedCommand> {
    const heard = await command;
    this.hear(heard.output);
    return heard;
  }

  /** Invites a site, and remembers its token as something that may be seen nowhere else. @returns the token */
  async invite(site: string): Promise<string> {
    const { token } = (await this.consortium.consilium('site', 'invite', site)) as { token: string };
    this.#tokens.push(token);
    return token;
  }

  /** Replaces a site's patients for as long as `work` takes. */
  async withPatients<T>(site: string, csv: string, work: () => Promise<T>): Promise<T> {
    const path = join(this.consortium.siteDirectory(site), 'patients.csv');
    const before = await readFile(path);
    await writeFile(path, csv);
    try {
      return await work();
    } finally {
      await writeFile(path, before);
    }
  }

  /** Runs `work` on the coordinator's own database, whether the coordinator runs or not. */
  async withDatabase<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const postgres = await startEmbeddedPostgres(join(this.consortium.coordinatorState, 'postgres'));
    const client = new Client({ connectionString: postgres.url });
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end();
      if (!postgres.adopted) await postgres.stop();
    }
  }

  /** Proposes a study and has its sites approve it, and its release in advance. @returns its hash */
  propose(yaml: string, approvers: readonly string[] = SITES): Promise<string> {
    return proposeQuickly(this.consortium, yaml, approvers);
  }

  /** A study of its own name as a file. @returns its path */
  async studyFile(name: string, yaml: string): Promise<string> {
    const path = join(this.consortium.plan.directory, `${name}.yaml`);
    await writeFile(path, yaml);
    return path;
  }

  async launch(hash: string): Promise<void> {
    await this.consortium.api('POST', `/studies/${hash}/launch`);
  }

  finish(hash: string): Promise<unknown> {
    return watchStudy(this.consortium, hash, { timeoutMs: 60_000, show: () => undefined, signal: AbortSignal.timeout(60_000) });
  }

  /** Waits until the coordinator shows that a site refused, and how. */
  refusalOf(hash: string, site: string): Promise<{ readonly code: string; readonly sentence: string; readonly view: StudyView }> {
    return eventually(async () => {
      const view = await this.view(hash);
      const found = view.sites.find((entry) => entry.site === site);
      return found?.code && found.state !== 'blocked' ? { code: found.code, sentence: found.sentence ?? '', view } : undefined;
    }, 30_000);
  }

  async view(hash: string): Promise<StudyView> {
    return (await this.consortium.api('GET', `/studies/${hash}`)) as StudyView;
  }

  /** The processes that must live: the coordinator and every site's agent. */
  processes(): ReadonlyMap<string, number | undefined> {
    const { coordinator, agents } = this.consortium;
    const alive = [['coordinator', coordinator] as const, ...agents].map(
      ([name, process]) => [name, process?.running ? process.pid : undefined] as const,
    );
    return new Map(alive);
  }

  /** The end of a process's log. */
  async lastWords(name: string): Promise<string> {
    const log = await readFile(join(this.consortium.plan.directory, 'logs', `${name}.log`), 'utf8');
    return log.trimEnd().split('\n').slice(-2).join('\n');
  }

  /** Everything private that stands in any output that was heard or in any log. @param more - to look there as well */
  async leaks(...more: readonly string[]): Promise<readonly string[]> {
    const logs = join(this.consortium.plan.directory, 'logs');
    const texts = [...more, ...this.#heard, await readFile(join(this.consortium.coordinatorState, 'postgres', 'server.log'), 'utf8')];
    for (const name of await readdir(logs)) texts.push(await readFile(join(logs, name), 'utf8'));
    const all = texts.join('\n');
    return [...(await this.#privateTexts())].filter((text) => all.includes(text));
  }

  async #privateTexts(): Promise<ReadonlySet<string>> {
    const { coordinatorState } = this.consortium;
    const texts = new Set<string>([...Object.values(CANARY), await this.consortium.adminToken()]);
    texts.add(await readFile(join(coordinatorState, 'postgres', 'password'), 'utf8'));
    for (const token of this.#tokens) {
      texts.add(token);
      texts.add(parseJoinToken(token).secret);
    }
    for (const site of SITES) {
      const keys = stateLayout(this.consortium.siteState(site)).siteKeys;
      for (const name of await readdir(keys)) for (const text of keyTexts(await readFile(join(keys, name)))) texts.add(text);
      for (const row of patientsOf(site).trim().split('\n').slice(1)) for (const cell of row.split(',').slice(0, 2)) texts.add(cell);
    }
    return texts;
  }

  /** Takes the directory of somebody who never became a member away again. */
  async forget(site: string): Promise<void> {
    await rm(this.consortium.siteDirectory(site), { recursive: true, force: true });
  }

  end(): Promise<void> {
    return this.small.remove();
  }
}

export interface StudyView {
  readonly state: string;
  readonly stateReason: string;
  readonly sites: readonly {
    readonly site: string;
    readonly state: string;
    readonly code: string | null;
    readonly sentence: string | null;
  }[];
  readonly metrics: readonly { readonly round: number; readonly contributors: readonly string[] }[];
}

/** The forms in which a key could be printed: the lines of a PEM, or raw bytes in hex and base64. */
function keyTexts(bytes: Buffer): readonly string[] {
  const text = bytes.toString('latin1');
  if (text.startsWith('-----BEGIN')) return text.split('\n').filter((line) => /^[A-Za-z0-9+/=]{16,}$/.test(line));
  return [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')];
}
