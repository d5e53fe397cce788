import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import 'reflect-metadata';
import { pino } from 'pino';
import { loadConfig } from '../../coordinator/src/config/index.js';
import { startCoordinator, type RunningCoordinator } from '../../coordinator/src/start-coordinator.js';
import { STUDY_PARTS } from '../../coordinator/src/study-parts.js';
import { Consortium, makeWorkspace, type HospitalPlan } from '../../demo/src/index.js';
import { Interrupted, runCli } from '../../site-agent/src/cli/index.js';
import { freePort } from '../support/free-port.js';
import { Relay } from '../support/relay.js';
import { siteCommand } from '../support/site-command.js';
import { eventually, inventedCsv } from '../support/small-consortium.js';

/** Long enough for a busy machine to renew in the last third of it. */
const LIFE_MS = 15_000;
const lives = { certificateDays: LIFE_MS / 86_400_000, serverDays: LIFE_MS / 86_400_000 };

interface SiteRow {
  readonly site: string;
  readonly state: string;
  readonly connected: boolean;
  readonly certificateEnds: string | null;
  readonly certificateWarning: string | null;
  readonly countersigned: number | null;
}

/** An agent in this process, as `consilium-site run` runs it. */
interface Agent {
  readonly lines: { readonly level: string; readonly msg: string; readonly code?: string }[];
  readonly stderr: () => string;
  readonly ended: Promise<number>;
  readonly stop: () => Promise<number>;
}

/**
 * Field case TRF-5 with certificates of seconds, and revocation: a real coordinator and a real agent with a line between
 * them, the certificates' lives given to the coordinator as it starts.
 */
describe('a membership', () => {
  let workspace: Awaited<ReturnType<typeof makeWorkspace>>;
  let consortium: Consortium;
  let coordinator: RunningCoordinator;
  let relay: Relay;
  const agents: Agent[] = [];

  const row = async (site = 'a') => {
    const { items } = (await consortium.api('GET', '/sites')) as { readonly items: readonly SiteRow[] };
    return items.find((entry) => entry.site === site);
  };
  const connected = (limitMs = 10_000) => eventually(async () => ((await row())?.connected === true ? true : undefined), limitMs);
  const command = async (...args: string[]) => {
    const { code, stdout } = await siteCommand(consortium, 'a', ...args);
    return {
      code,
      ...(JSON.parse(stdout) as { ok: boolean; data?: Record<string, unknown>; error?: { code: string; message: string; fix: string } }),
    };
  };
  const invite = async () => {
    const token = join(workspace.directory, 'a.token');
    const { token: text } = (await consortium.api('POST', '/sites/invitations', { site: 'a' })) as { readonly token: string };
    await writeFile(token, text, { mode: 0o600 });
    return token;
  };

  function run(): Agent {
    const stop = new AbortController();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const lines: Agent['lines'] = [];
    let said = '';
    stdout.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(line) as Agent['lines'][number]);
    });
    stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const io = { stdin, stdout, stderr, interactive: false, signal: stop.signal, cwd: workspace.directory, uid: process.getuid?.() };
    const ended = runCli(['--config', consortium.siteConfig('a'), 'run'], io);
    const agent = {
      lines,
      stderr: () => said,
      ended,
      stop: () => {
        stop.abort(new Interrupted('SIGTERM'));
        return ended;
      },
    };
    agents.push(agent);
    return agent;
  }

  beforeAll(async () => {
    workspace = await makeWorkspace();
    const csv = join(workspace.directory, 'patients.csv');
    await writeFile(csv, inventedCsv('a'));
    const hospital: HospitalPlan = {
      name: 'a',
      populations: { heart: { patientId: 'pid' } },
      cohorts: { heart: { population: 'heart', public: true, source: { type: 'csv', path: csv } } },
    };
    const plan = { name: 'small', directory: workspace.directory, hospitals: [hospital], shadow: false };
    const port = await freePort();
    relay = await Relay.open(port);
    consortium = await Consortium.prepare({ ...plan, dial: `127.0.0.1:${relay.port}` });
    const config = await loadConfig({ config: consortium.coordinatorConfig, grpcPort: String(port) }, {});
    coordinator = await startCoordinator({ config, log: pino({ level: 'silent' }), parts: STUDY_PARTS, onLost: () => undefined, lives });
  });
  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await relay.close();
    await coordinator.stop();
    await workspace.remove();
  });

  it('begins with a confirmed roster', async () => {
    const joined = command('join', '--token-file', await invite(), '--yes');
    await eventually(async () => ((await row())?.state === 'pending' ? true : undefined));
    await consortium.api('POST', '/sites/a/admission');
    expect(await joined).toMatchObject({ ok: true, data: { roster: { epoch: 0, confirmed: true } } });
    expect(await row()).toMatchObject({ state: 'admitted', countersigned: 0 });
    run();
    await connected();
  });

  it('has a new certificate in use at each connection after a renewal, with no restart, and files of mode 0600', async () => {
    const { stderr, lines } = agents[0] as Agent;
    for (let renewals = 1; renewals <= 2; renewals += 1) {
      const before = (await row())?.certificateEnds ?? '';
      const streams = relay.connections;
      await eventually(async () => (((await row())?.certificateEnds ?? '') > before ? true : undefined), LIFE_MS);
      await eventually(async () => (relay.connections > streams ? true : undefined));
      // Until here nobody had to come back: the session is still the first one.
      expect(lines.filter(({ msg }) => msg === 'connected')).toHaveLength(renewals);
      relay.cut();
      await eventually(async () => (lines.filter(({ msg }) => msg === 'connected').length > renewals ? true : undefined), 5_000);
      await connected();
    }
    expect(stderr()).toBe('');
    const state = consortium.siteState('a');
    for (const entry of await readdir(state, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) expect([entry.name, (await stat(join(entry.parentPath, entry.name))).mode & 0o777]).toEqual([entry.name, 0o600]);
  });

  it('that cannot be renewed is warned about, and ends with the time and the command that helps', async () => {
    const { lines, stderr, ended } = agents[0] as Agent;
    relay.breakDown();
    await eventually(async () => lines.find(({ msg }) => msg.includes('could not be renewed')), 2 * LIFE_MS);
    const ends = Date.parse((await row())?.certificateEnds ?? '');
    expect((await row())?.certificateWarning).toContain(new Date(ends).toISOString());
    expect(await command('status')).toMatchObject({ data: { certificateWarning: expect.stringContaining('has not been renewed') } });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ends - Date.now() + 500)));
    relay.repair();
    expect(await ended).toBe(4);
    expect(stderr()).toContain(`expired on ${new Date(ends).toISOString()}`);
    expect(stderr()).toContain('consilium-site join --token-file');
    expect(await command('roster', 'show')).toMatchObject({ code: 4, error: { code: 'CERTIFICATE_EXPIRED' } });
  });

  it('goes on after a join with the same keys', async () => {
    expect(await command('join', '--token-file', await invite())).toMatchObject({
      ok: true,
      data: { roster: { epoch: 0, confirmed: true } },
    });
    run();
    await connected();
  });

  it('survives the replacement of the CA, which ends by itself once the site has followed', async () => {
    const before = (await consortium.api('GET', '/ca')) as { readonly words: string };
    const { nextWords } = (await consortium.api('POST', '/ca/rotation')) as { readonly nextWords: string };
    const done = await eventually(async () => {
      const view = (await consortium.api('GET', '/ca')) as { readonly words: string; readonly nextWords: string | null };
      return view.nextWords === null ? view : undefined;
    }, 30_000);
    expect(done.words).toBe(nextWords);
    expect(done.words).not.toBe(before.words);
    relay.cut();
    await connected();
    expect(await command('roster', 'show')).toMatchObject({ ok: true });
  });

  it('ends with its revocation: streams within 5 s, the next call at once, and the roster without it', async () => {
    const { lines } = agents.at(-1) as Agent;
    const begun = performance.now();
    expect(await consortium.api('POST', '/sites/a/revocation')).toMatchObject({ state: 'revoked' });
    await eventually(async () => ((await row())?.connected === false ? true : undefined), 5_000, 20);
    await eventually(async () => lines.find(({ code }) => code === 'CERTIFICATE_REFUSED'), 5_000, 20);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(await command('roster', 'show')).toMatchObject({ code: 4, error: { code: 'CERTIFICATE_REFUSED' } });
    expect(await consortium.api('GET', '/roster')).toMatchObject({ epoch: 1, members: [] });
  });

  it('begins anew with new keys, in a new epoch, and with a roster to be confirmed', async () => {
    await (agents.at(-1) as Agent).stop();
    const joined = command('join', '--token-file', await invite(), '--new-keys');
    await eventually(async () => ((await row())?.state === 'pending' ? true : undefined));
    await consortium.api('POST', '/sites/a/admission');
    expect(await joined).toMatchObject({ ok: true, data: { roster: { epoch: 2, confirmed: false } } });
    expect(await command('roster', 'confirm', '--yes')).toMatchObject({ ok: true, data: { epoch: 2, new: ['a'] } });
    expect(await readFile(join(consortium.siteState('a'), 'keys', 'site', 'identity.key'))).toBeDefined();
    expect(await consortium.api('GET', '/roster')).toMatchObject({ epoch: 2, members: [{ site: 'a', countersigned: true }] });
  });
});
