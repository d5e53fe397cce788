import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSums, watchStudy } from '../../demo/src/index.js';
import { SITES, smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

describe('a study from proposal to released model', () => {
  let small: SmallConsortium;
  let hash: string;

  beforeAll(async () => {
    small = await smallConsortium();
    hash = await small.propose(studyYaml());
    await small.consortium.consilium('study', 'launch', hash);
    await watchStudy(small.consortium, hash, { timeoutMs: 120_000, show: () => undefined, signal: AbortSignal.timeout(120_000) });
  });
  afterAll(() => small.remove());

  const shadows = () => new Map(SITES.map((site) => [site, join(small.consortium.siteState(site), 'shadow', hash)]));

  it('opens sums that equal the plaintext integer sums bit for bit, at every site and in every round', async () => {
    const { compared, wrong } = await checkSums(shadows());
    expect(wrong).toEqual([]);
    expect(compared).toBe(4 * 4);
  });

  it('gives every site the same model, and the researcher the one that the sites released', async () => {
    const out = await mkdtemp(join(tmpdir(), 'consilium-model-'));
    try {
      await small.consortium.consilium('model', 'get', hash, '-o', join(out, 'released'));
      const released = await readFile(join(out, 'released', 'model.json'), 'utf8');
      for (const site of SITES) {
        await small.consortium.site(site, 'model', 'get', hash, '-o', join(out, site));
        expect(await readFile(join(out, site, 'model.json'), 'utf8')).toBe(released);
      }
      expect(await readFile(join(out, 'released', 'coefficients.csv'), 'utf8')).toMatch(/odds_ratio/);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });

  it('shows totals only, signed alike by more sites than may conspire', async () => {
    const view = (await small.consortium.api('GET', `/studies/${hash}`)) as {
      metrics: { round: number; contributors: string[]; trainLoss: number }[];
    };
    expect(view.metrics.map(({ round }) => round)).toEqual([0, 1, 2, 3]);
    expect(view.metrics.every(({ contributors }) => contributors.length === 4)).toBe(true);
    expect(view.metrics.at(-1)?.trainLoss).toBeLessThan(view.metrics[0]?.trainLoss ?? 0);
  });

  it('leaves keys, contributions and sums of the ended study on no disk', async () => {
    const spool = await readdir(join(small.consortium.coordinatorState, 'spool'), { recursive: true });
    expect(spool.filter((name) => /\.(upload|part|fold)$/.test(name))).toEqual([]);
    for (const site of SITES) {
      const folder = join(small.consortium.siteState(site), 'studies', hash);
      const names = await readdir(folder, { recursive: true });
      expect(names.filter((name) => /seal|fold|key/i.test(name))).toEqual([]);
    }
  });

  it('keeps keys 0600 in directories 0700, and shadows too', async () => {
    for (const site of SITES) {
      const keys = join(small.consortium.siteState(site), 'keys');
      expect((await stat(keys)).mode & 0o777).toBe(0o700);
      for (const entry of await readdir(keys, { recursive: true, withFileTypes: true })) {
        const mode = (await stat(join(entry.parentPath, entry.name))).mode & 0o777;
        expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
      }
      for (const name of await readdir(shadows().get(site) ?? ''))
        expect((await stat(join(shadows().get(site) ?? '', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('records every byte that left a site, by kind', async () => {
    const egress = (await small.consortium.site('a', 'egress', 'show')) as { bytes: Record<string, number>; unreadable: number };
    // Four contributions of one block each, and each message with its gRPC frame.
    expect(egress.bytes['ciphertext']).toBeGreaterThan(4 * 32_768);
    expect(egress.bytes['bundle']).toBeGreaterThan(0);
    expect(egress.bytes['control']).toBeGreaterThan(0);
    expect(egress.unreadable).toBe(0);
  });

  it('serves its API to the holder of the admin token alone', async () => {
    const answer = await fetch(`${small.consortium.url}/api/v1/studies`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect((await stat(join(small.consortium.coordinatorState, 'admin.token'))).mode & 0o777).toBe(0o600);
  });

  it('counts rounds and contributions for Prometheus', async () => {
    const text = await (
      await fetch(`${small.consortium.url}/metrics`, { headers: { authorization: `Bearer ${await small.consortium.adminToken()}` } })
    ).text();
    expect(text).toContain('consilium_rounds_total{outcome="done"} 4');
    expect(text).toContain('consilium_contributions_total{outcome="counted"} 16');
  });

  it('runs each site and the coordinator as a process of its own', () => {
    const pids = new Set([small.consortium.coordinator?.pid, ...SITES.map((site) => small.consortium.agents.get(site)?.pid)]);
    expect(pids.size).toBe(5);
    for (const pid of pids)
      expect(
        execFileSync('ps', ['-o', 'pid=', '-p', String(pid)])
          .toString()
          .trim(),
      ).toBe(String(pid));
  });
});
