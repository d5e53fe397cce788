import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ManagedProcess, runToEnd, type Finished } from './managed-process.js';
import { PROGRAMS } from './programs.js';

/** A hospital to bring up: its name and what its `site.yaml` says of its cohorts. */
export interface HospitalPlan {
  readonly name: string;
  readonly cohorts: Readonly<Record<string, unknown>>;
  readonly populations: Readonly<Record<string, unknown>>;
  readonly policy?: Readonly<Record<string, unknown>>;
}

export interface ConsortiumPlan {
  readonly name: string;
  /** Everything lies under it: state, configuration, logs. */
  readonly directory: string;
  readonly hospitals: readonly HospitalPlan[];
  /** Without it the coordinator starts its own PostgreSQL. */
  readonly databaseUrl?: string;
  /** Agents keep the integers they pack (public data only). */
  readonly shadow: boolean;
  /** Where sites dial instead of the coordinator's own port: a relay in between. */
  readonly dial?: string;
  /** Added to the environment of the coordinator. */
  readonly coordinatorEnvironment?: NodeJS.ProcessEnv;
  /** Added to the environment of a site's agent and of its commands. */
  readonly siteEnvironment?: (site: string) => NodeJS.ProcessEnv;
  /** How `consilium-site` ends where it need not be a process of its own; always one where this is absent. */
  readonly runInProcess?: (config: string, args: readonly string[]) => Promise<Finished>;
}

/** Longest wait for a process to be up. */
const UP_MS = 60_000;
const SAID_MS = 5_000;
/** Commands of sites that run at the same time. */
const AT_ONCE = 4;

const Envelope = z.looseObject({
  ok: z.boolean(),
  data: z.unknown().optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A coordinator and its hospitals as real processes on this machine, brought up through the commands that people use. */
export class Consortium {
  readonly agents = new Map<string, ManagedProcess>();
  #coordinator: ManagedProcess | undefined;

  private constructor(
    readonly plan: ConsortiumPlan,
    readonly grpcPort: number,
    readonly httpPort: number,
  ) {}

  /** Writes the configuration; nothing runs yet. */
  static async prepare(plan: ConsortiumPlan): Promise<Consortium> {
    const consortium = new Consortium(plan, await freePort(), await freePort());
    await mkdir(join(plan.directory, 'logs'), { recursive: true, mode: 0o700 });
    await writeFile(
      consortium.coordinatorConfig,
      stringify({
        consortium: plan.name,
        state: join(plan.directory, 'coordinator'),
        grpc: {
          host: '127.0.0.1',
          port: consortium.grpcPort,
          publicAddress: plan.dial ?? `127.0.0.1:${consortium.grpcPort}`,
          serverNames: ['127.0.0.1', 'localhost'],
        },
        http: { host: '127.0.0.1', port: consortium.httpPort },
      }),
      { mode: 0o600 },
    );
    for (const hospital of plan.hospitals) {
      await mkdir(consortium.siteDirectory(hospital.name), { recursive: true, mode: 0o700 });
      const { name: site, cohorts, populations, policy = {} } = hospital;
      const file = {
        site,
        coordinator: plan.dial ?? `127.0.0.1:${consortium.grpcPort}`,
        state: 'state',
        populations,
        cohorts,
        // Public data: these sites take part in studies of any mode.
        policy: { modes: ['none', 'patient/distributed', 'patient/local', 'site'], ...policy },
      };
      await writeFile(consortium.siteConfig(site), stringify(file), { mode: 0o600 });
    }
    return consortium;
  }

  get coordinatorConfig(): string {
    return join(this.plan.directory, 'coordinator.yaml');
  }

  get coordinatorState(): string {
    return join(this.plan.directory, 'coordinator');
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get coordinator(): ManagedProcess | undefined {
    return this.#coordinator;
  }

  siteDirectory(site: string): string {
    return join(this.plan.directory, site);
  }

  siteConfig(site: string): string {
    return join(this.siteDirectory(site), 'site.yaml');
  }

  siteState(site: string): string {
    return join(this.siteDirectory(site), 'state');
  }

  /** Starts the coordinator and waits until it is ready. @throws ConsiliumError NOT_READY */
  async startCoordinator(): Promise<void> {
    const { databaseUrl, coordinatorEnvironment } = this.plan;
    const environment = { ...process.env, ...coordinatorEnvironment, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) };
    const started = new ManagedProcess(
      'coordinator',
      PROGRAMS.coordinator,
      ['--config', this.coordinatorConfig],
      this.#log('coordinator'),
      environment,
    );
    this.#coordinator = started;
    const limit = performance.now() + UP_MS;
    while (performance.now() < limit && started.running) {
      const ready = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new ConsiliumError({
      code: 'NOT_READY',
      errorClass: 'failed',
      message: started.running
        ? `The coordinator was not ready after ${UP_MS / 1000} s.`
        : `The coordinator ended with ${String(await started.exited)}.`,
      fix: `Read ${this.#log('coordinator')}.`,
    });
  }

  /** Where the first admin makes an account and sees the console: once, and while nobody has one. Said just after the start. */
  async setupLink(): Promise<string | undefined> {
    const limit = performance.now() + SAID_MS;
    for (;;) {
      const link = /http\S+\/setup#token=\S+/.exec(await readFile(this.#log('coordinator'), 'utf8'))?.[0];
      if (link !== undefined || performance.now() > limit) return link;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * Makes hospitals members; each countersigns the roster once all are in it. `--yes` stands for the phone calls in which
   * people compare the words.
   */
  async enrol(...sites: readonly string[]): Promise<void> {
    await inBatches(sites, (site) => this.#join(site));
    await inBatches(sites, (site) => this.site(site, 'roster', 'countersign', '--yes'));
  }

  /** Invites, joins and admits a hospital, as its IT and the consortium's admin would. */
  async #join(site: string): Promise<void> {
    const token = join(this.siteDirectory(site), 'join.token');
    const invitation = z.looseObject({ token: z.string() }).parse(await this.api('POST', '/sites/invitations', { site }));
    await writeFile(token, `${invitation.token}\n`, { mode: 0o600 });
    const joined = this.site(site, 'join', '--token-file', token, '--yes');
    // The admin admits a site once its request is there; until then there is nothing to admit.
    joined.catch(() => undefined);
    await this.#admit(site, joined);
    await joined;
  }

  async #admit(site: string, joined: Promise<unknown>): Promise<void> {
    const limit = performance.now() + UP_MS;
    const sites = z.looseObject({ items: z.array(z.looseObject({ site: z.string(), state: z.string() })) });
    let over = false;
    void joined.then(
      () => (over = true),
      () => (over = true),
    );
    while (performance.now() < limit && !over) {
      const known = sites.parse(await this.api('GET', '/sites')).items.find((entry) => entry.site === site);
      if (known?.state === 'pending') {
        await this.api('POST', `/sites/${site}/admission`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  startAgent(site: string, ...flags: readonly string[]): ManagedProcess {
    const shadow = this.plan.shadow ? ['--shadow'] : [];
    const args = ['--config', this.siteConfig(site), 'run', ...shadow, ...flags];
    const agent = new ManagedProcess(site, PROGRAMS.site, args, this.#log(site), this.#siteEnvironment(site));
    this.agents.set(site, agent);
    return agent;
  }

  /** One call of the HTTP API. @throws ConsiliumError with the problem's code */
  async api(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const token = await this.adminToken();
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const content: unknown = answer.headers.get('content-type')?.includes('json') ? await answer.json() : await answer.text();
    if (answer.ok) return content;
    const problem = z.looseObject({ code: z.string(), detail: z.string().default(''), fix: z.string().default('') }).parse(content);
    throw new ConsiliumError({ code: problem.code, errorClass: 'failed', message: problem.detail, fix: problem.fix });
  }

  async adminToken(): Promise<string> {
    return (await readFile(join(this.coordinatorState, 'admin.token'), 'utf8')).trim();
  }

  /** `consilium …` with `--json`; its data, or the error it named. */
  async consilium(...args: readonly string[]): Promise<unknown> {
    const finished = await this.runConsilium('--json', ...args);
    return dataOf(`consilium ${args.slice(0, 2).join(' ')}`, finished);
  }

  runConsilium(...args: readonly string[]): Promise<Finished> {
    return runToEnd(PROGRAMS.consilium, ['--url', this.url, '--token-file', join(this.coordinatorState, 'admin.token'), ...args]);
  }

  /** `consilium-site …` of a hospital with `--json`. */
  async site(site: string, ...args: readonly string[]): Promise<unknown> {
    const { runInProcess } = this.plan;
    const finished = await (runInProcess?.(this.siteConfig(site), ['--json', ...args]) ?? this.runSite(site, '--json', ...args));
    return dataOf(`consilium-site ${args.slice(0, 2).join(' ')} at ${site}`, finished);
  }

  runSite(site: string, ...args: readonly string[]): Promise<Finished> {
    return runToEnd(PROGRAMS.site, ['--config', this.siteConfig(site), ...args], { environment: this.#siteEnvironment(site) });
  }

  /** Ends every process: agents first, so that none complains about a coordinator that is gone. */
  async stop(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.stop()));
    await this.#coordinator?.stop();
  }

  #siteEnvironment(site: string): NodeJS.ProcessEnv {
    return { ...process.env, ...this.plan.siteEnvironment?.(site) };
  }

  #log(name: string): string {
    return join(this.plan.directory, 'logs', `${name}.log`);
  }
}

/** Not all at once: each is a process of its own. */
async function inBatches(sites: readonly string[], work: (site: string) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < sites.length; first += AT_ONCE) await Promise.all(sites.slice(first, first + AT_ONCE).map(work));
}

function dataOf(command: string, { code, stdout, stderr }: Finished): unknown {
  const envelope = Envelope.safeParse(parseLast(stdout));
  if (envelope.success && envelope.data.ok) return envelope.data.data;
  const error = envelope.success ? envelope.data.error : undefined;
  throw new ConsiliumError({
    code: error?.code ?? 'COMMAND_FAILED',
    errorClass: 'failed',
    message: `${command} ended with ${code}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no message'}`,
    fix: 'Look at the logs of the processes.',
  });
}

function parseLast(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}
