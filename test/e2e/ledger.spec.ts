import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchStudy } from '../../demo/src/index.js';
import { eventually, SITES, smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

const PRIVATE = studyYaml({ name: 'private', roundDeadline: '20s' })
  .replace(/^algorithm:.*$/m, 'algorithm: { name: dp-sgd, rounds: 3, learningRate: 0.5 }')
  .replace(
    /^privacy:.*$/m,
    'privacy: { mode: patient/distributed, sampling: 0.5, clip: 1, noiseMultiplier: 6, delta: 1.0e-4 }\nmetrics: { every: 10, noiseMultiplier: 8 }',
  )
  .replace('sites: {', 'sites: { publicSizes: { a: 30, b: 30, c: 30, d: 30 },');

describe('the budget ledgers of a private study', () => {
  let small: SmallConsortium;
  let roster: string;

  beforeAll(async () => {
    small = await smallConsortium({
      privacy: { epsilonLimit: 5, delta: 1e-4, largerDelta: true },
      policy: { minPatients: 10, deltaMax: 1e-4 },
    });
    const { consortium } = small;
    const hash = await small.propose(PRIVATE);
    await consortium.consilium('study', 'launch', hash);
    // PRV-4 on real processes: what the tests below find at d is found after a kill in the middle of a round.
    const round = () => consortium.api('GET', `/studies/${hash}/rounds`) as Promise<{ items: readonly { outcome: string }[] }>;
    await eventually(async () => (await round()).items.find(({ outcome }) => outcome === 'running'));
    await consortium.agents.get('d')?.kill();
    consortium.startAgent('d');
    await watchStudy(consortium, hash, { timeoutMs: 120_000, show: () => undefined, signal: AbortSignal.timeout(120_000) });
    roster = join(consortium.plan.directory, 'roster.json');
    await writeFile(roster, (await consortium.runConsilium('--json', 'site', 'roster')).stdout);
  });
  afterAll(() => small.remove());

  const verify = (file: string, ...more: string[]) =>
    small.consortium.runConsilium('--json', 'ledger', 'verify', file, '--roster', roster, ...more);

  it('verify offline at all four sites, to the size that the others have cosigned', async () => {
    for (const site of SITES) {
      const file = join(small.consortium.plan.directory, `${site}.jsonl`);
      await small.consortium.site(site, 'ledger', 'export', 'heart', '-o', file);
      const { code, stdout } = await verify(file, '--checkpoint', `${file}.note`);
      expect(stdout).toContain('"ok":true');
      expect(code).toBe(0);
      const { data } = JSON.parse(stdout) as { data: { site: string; complete: { cosigners: string[] }; spent: { percentUsed: number } } };
      expect(data.site).toBe(site);
      expect(data.complete.cosigners.length).toBeGreaterThanOrEqual(3);
      expect(data.spent.percentUsed).toBeGreaterThan(0);
    }
  });

  it('do not verify where a byte was changed: the first bad entry is named', async () => {
    const file = join(small.consortium.plan.directory, 'tampered.jsonl');
    const lines = (await readFile(join(small.consortium.plan.directory, 'a.jsonl'), 'utf8')).split('\n');
    const reserve = lines.findIndex((line) => line.includes('"kind":"reserve"'));
    lines[reserve] = lines[reserve]?.replace('"attempt":0', '"attempt":1').replace(/"at":"2/, '"at":"3') ?? '';
    await writeFile(file, lines.join('\n'));
    const { code, stdout } = await verify(file);
    expect(code).toBe(6);
    expect(stdout).toContain(`Line ${reserve + 1}`);
  });

  it('are mirrored byte for byte, and show the same head at the site and in the console', async () => {
    const { consortium } = small;
    const copy = join(consortium.plan.directory, 'mirror.jsonl');
    await consortium.consilium('ledger', 'get', 'a', 'heart', '-o', copy);
    expect(await readFile(copy, 'utf8')).toBe(await readFile(join(consortium.plan.directory, 'a.jsonl'), 'utf8'));
    expect((await verify(copy, '--checkpoint', `${copy}.note`)).code).toBe(0);
    const { items } = (await consortium.consilium('ledger', 'list')) as { items: { site: string; headWords: string; size: number }[] };
    expect(items.map(({ site }) => site)).toEqual([...SITES]);
    const head = (await consortium.site('a', 'ledger', 'head', 'heart')) as { words: string; entries: number };
    expect(items[0]).toMatchObject({ headWords: head.words, size: head.entries });
    // Three steps and the table at the start and at the end: nothing twice and nothing lost, also where the agent was killed.
    for (const site of ['a', 'd']) {
      const shown = (await consortium.site(site, 'ledger', 'show', 'heart')) as { studies: { spent: number; reserved: number }[] };
      expect(shown.studies).toMatchObject([{ spent: 5, reserved: 0 }]);
    }
  });

  it('take what is decided at a site while its agent runs, and say who decided', async () => {
    const { consortium } = small;
    expect(await consortium.site('a', 'ledger', 'freeze', 'heart')).toMatchObject({ entered: true });
    const file = join(consortium.plan.directory, 'frozen.jsonl');
    await consortium.site('a', 'ledger', 'export', 'heart', '-o', file);
    const { data } = JSON.parse((await verify(file)).stdout) as { data: { frozen: boolean; decisions: object[] } };
    expect(data).toMatchObject({
      frozen: true,
      decisions: [
        { decision: { kind: 'study', action: 'approve' }, by: { role: 'site' } },
        { decision: { kind: 'freeze' }, by: { role: 'site', name: 'identity-key' } },
      ],
    });
  });

  it('are tightened from the console, at once where the site is there and else when it returns; the report says so', async () => {
    const { consortium } = small;
    const { directory } = consortium.plan;
    const ask = (site: string, what: string, body: object = {}) => consortium.api('POST', `/budgets/${site}/heart/${what}`, body);
    const budget = (site: string) =>
      consortium.api('GET', `/budgets/${site}/heart`) as Promise<{ frozen: boolean; requests: { state: string }[] }>;
    await consortium.agents.get('c')?.kill();
    expect(await ask('c', 'freeze')).toMatchObject({ state: 'waiting', request: 1 });
    await ask('b', 'tighten', { epsilonLimit: '4.5' });
    await ask('b', 'freeze');
    await eventually(async () => (await budget('b')).requests.every(({ state }) => state === 'entered') || undefined);
    // The site's answer may be here before its ledger's new lines are.
    await eventually(async () => (await budget('b')).frozen || undefined);
    expect(await budget('b')).toMatchObject({ frozen: true, limit: { value: '4.5000' } });
    expect((await budget('c')).frozen).toBe(false);
    consortium.startAgent('c');
    await eventually(async () => (await budget('c')).frozen || undefined);
    const file = join(directory, 'b-frozen.jsonl');
    await consortium.site('b', 'ledger', 'export', 'heart', '-o', file);
    const { data } = JSON.parse((await verify(file)).stdout) as { data: { decisions: object[] } };
    expect(data.decisions.slice(1)).toMatchObject([
      { decision: { kind: 'limit', epsilonMax: 4.5 }, by: { role: 'coordinator', name: 'admin' } },
      { decision: { kind: 'freeze' }, by: { role: 'coordinator', name: 'admin' } },
    ]);
    const pdf = join(directory, 'dpo.pdf');
    await consortium.consilium('report', 'dpo', '--site', 'b', '--from', '2020-01-01', '--to', '2999-12-31', '-o', pdf);
    expect((await readFile(pdf)).subarray(0, 5).toString()).toBe('%PDF-');
    const report = JSON.parse(await readFile(join(directory, 'dpo.json'), 'utf8')) as { populations: object[] };
    expect(report.populations).toMatchObject([
      { population: 'heart', frozen: true, studies: [{ name: 'private', releases: { inAll: 5 } }] },
    ]);
  });
});
