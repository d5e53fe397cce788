import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proposeQuickly } from '../support/site-command.js';
import { eventually, smallConsortium, SITES, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

const ENDING = new URL('../support/training-that-ends.mjs', import.meta.url).href;
const SEEN_WITHIN_MS = 60_000;

interface View {
  readonly state: string;
  readonly stateReason: string;
  readonly sites: readonly {
    readonly site: string;
    readonly state: string;
    readonly code: string | null;
    readonly sentence: string | null;
  }[];
}

/**
 * RND-4 of the field cases. Here the training process is killed by SIGKILL; `process-runner.spec.ts` and `bench.spec.ts` of the
 * agent make every other end happen.
 */
describe('a crash that reports nothing', () => {
  let small: SmallConsortium;
  let flag: string;
  beforeAll(async () => {
    let directory = '';
    small = await smallConsortium({
      agents: false,
      siteEnvironment: (site) =>
        site === 'd' ? { NODE_OPTIONS: `--import=${ENDING}`, CONSILIUM_TEST_TRAINING_ENDS: join(directory, 'training-ends') } : {},
    });
    directory = small.consortium.plan.directory;
    flag = join(directory, 'training-ends');
    await writeFile(flag, '');
    for (const site of SITES) small.consortium.startAgent(site);
  });
  afterAll(() => small.remove());

  const view = (hash: string) => small.consortium.api('GET', `/studies/${hash}`) as Promise<View>;
  const launch = (hash: string) => small.consortium.api('POST', `/studies/${hash}/launch`) as Promise<View>;
  const in60Seconds = <T>(look: () => Promise<T | undefined>) => eventually(look, SEEN_WITHIN_MS);
  const ended = async (hash: string, state: string): Promise<View> => {
    let now: View | undefined;
    const look = async () => ((now = await view(hash)).state === state ? now : undefined);
    return in60Seconds(look).catch(() => {
      throw new Error(`not ${state} but ${now?.state}: ${now?.stateReason} ${JSON.stringify(now?.sites)}`);
    });
  };
  const rounds = async (hash: string) => {
    const { items } = (await small.consortium.api('GET', `/studies/${hash}/rounds`)) as {
      items: { outcome: string; contributors: readonly string[] }[];
    };
    return items;
  };
  const running = async (hash: string) => (await rounds(hash)).filter(({ outcome }) => outcome === 'running');
  /** Two studies one behind the other; what the first cannot do without d. */
  const queued = async (name: string, behind: { readonly sites: readonly string[] }) => {
    const needsD = { rounds: 1, roundDeadline: '20s', retries: 0, mandatory: ['d'], refused: 'continue' };
    const first = await proposeQuickly(small.consortium, studyYaml({ ...needsD, name }), SITES);
    const second = await proposeQuickly(small.consortium, studyYaml({ name: `after-${name}`, rounds: 1, ...behind }), behind.sites);
    await launch(first);
    expect((await launch(second)).state).toBe('queued');
    return { first, second };
  };

  it('of the training is known to coordinator and site with its signal, ends the study, and lets the next one start', async () => {
    const { first, second } = await queued('training-ends', { sites: SITES });
    const site = await in60Seconds(async () => (await view(first)).sites.find(({ code }) => code === 'TRAINING_KILLED'));
    expect(site).toMatchObject({
      site: 'd',
      state: 'failed',
      sentence: 'The training process ended by signal SIGKILL, often lack of memory.',
    });
    expect(await readFile(join(small.consortium.plan.directory, 'logs', 'd.log'), 'utf8')).toContain('TRAINING_KILLED');
    expect((await ended(first, 'failed')).stateReason).toMatch(/Round 1 failed .*\bd\b/);
    expect(await running(first)).toEqual([]);
    await ended(second, 'done');
    expect(await running(second)).toEqual([]);
    // With a new process.
    expect((await rounds(second))[0]?.contributors).toContain('d');
  });

  it('of the training in one round leaves that round to the others where the rules of the study say so', async () => {
    await writeFile(flag, '');
    const hash = await proposeQuickly(small.consortium, studyYaml({ name: 'goes-on', rounds: 2, refused: 'continue' }), SITES);
    await launch(hash);
    await ended(hash, 'done');
    const made = await rounds(hash);
    expect(made[0]?.contributors).toEqual(['a', 'b', 'c']);
    // Two rounds, and the last state is evaluated.
    expect(made.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
  });

  it('of the whole agent loses the site, ends the study at its deadline, and lets the next one start without it', async () => {
    const { first, second } = await queued('agent-ends', { sites: ['a', 'b', 'c'] });
    await in60Seconds(async () => ((await running(first)).length > 0 ? true : undefined));
    await small.consortium.agents.get('d')?.kill();
    await in60Seconds(async () => (await view(first)).sites.find(({ site, state }) => site === 'd' && state === 'lost'));
    expect((await ended(first, 'failed')).stateReason).toMatch(/\bd\b/);
    expect(await running(first)).toEqual([]);
    await ended(second, 'done');
  });
});
