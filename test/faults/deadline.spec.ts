import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSums, watchStudy } from '../../demo/src/index.js';
import { NeedleSearch } from '../privacy/needle-search.js';
import { readTree } from '../privacy/read-everything.js';
import { seatNeedles, uploadNeedle } from '../privacy/round-secrets.js';
import { parametersOf, randomCiphertext, uploadOf } from '../support/sealed-bytes.js';
import { SiteInHand } from '../support/site-in-hand.js';
import { proposeQuickly } from '../support/site-command.js';
import { eventually, SITES, smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

const DEADLINE_MS = 25_000;

interface RoundRow {
  readonly round: number;
  readonly attempt: number;
  readonly outcome: 'running' | 'done' | 'failed';
  readonly reason: string | null;
  readonly announcedAt: string;
  readonly endedAt: string | null;
  readonly contributors: readonly string[];
}

interface View {
  readonly state: string;
  readonly stateReason: string;
  readonly deadline: string | null;
  readonly sites: readonly { readonly site: string; readonly state: string }[];
}

/** So many rows that reading them takes a while, and the site can be caught in the middle of its training. */
function slowPatients(): string {
  const rows = Array.from(
    { length: 120_000 },
    (_, row) => `d-${row % 40},0.${row % 9_000},${row % 3 === 0 ? 'F' : 'M'},${row % 2},${row % 4 === 3 ? 'test' : 'train'}`,
  );
  return `pid,x,sex,y,split\n${rows.join('\n')}\n`;
}

/**
 * Field case RND-1: a deadline holds when sites are gone, and when the coordinator was away meanwhile. 25 and 20 s, because
 * agents start cold and machines are slow.
 */
describe('the deadline of a round', () => {
  let small: SmallConsortium;
  beforeAll(async () => {
    small = await smallConsortium();
  });
  afterAll(() => small.remove());

  const api = <T>(path: string) => small.consortium.api('GET', path) as Promise<T>;
  const view = (hash: string) => api<View>(`/studies/${hash}`);
  const roundsOf = async (hash: string) => (await api<{ items: RoundRow[] }>(`/studies/${hash}/rounds`)).items;
  const finish = (hash: string) =>
    watchStudy(small.consortium, hash, { timeoutMs: 60_000, show: () => undefined, signal: AbortSignal.timeout(60_000) });
  /** Milliseconds from announcement to end. */
  const lasted = ({ announcedAt, endedAt }: RoundRow) => Date.parse(endedAt ?? '') - Date.parse(announcedAt);

  describe('when a site was killed while it trained', () => {
    let hash: string;
    /** What nobody must be able to read later, and who could read it while the round went on. */
    let secrets: NeedleSearch;
    const filesOf = async (folder: string) => [...(await readTree(folder)).values()];
    const places = () =>
      new Map([
        ...SITES.map((site) => [site, small.consortium.siteState(site)] as const),
        ['coordinator', small.consortium.coordinatorState],
      ]);
    const found = async (place: string) => secrets.find(...(await filesOf(places().get(place) ?? '')));

    it('closes the round with the other three, and says so', async () => {
      const patients = join(small.consortium.siteDirectory('d'), 'patients.csv');
      const few = await readFile(patients);
      hash = await proposeQuickly(small.consortium, studyYaml({ name: 'one-lost', rounds: 1, roundDeadline: '25s' }), SITES);
      await writeFile(patients, slowPatients());
      await small.consortium.api('POST', `/studies/${hash}/launch`);
      await eventually(
        async () => (await view(hash)).sites.find(({ site }) => site === 'd')?.state === 'training' || undefined,
        20_000,
        10,
      );
      await small.consortium.agents.get('d')?.kill();
      await writeFile(patients, few);
      const uploads = await eventually(
        async () =>
          Promise.all(['a', 'b', 'c'].map((site) => uploadNeedle(site, small.consortium.siteState(site), hash))).catch(() => undefined),
        DEADLINE_MS,
      );
      secrets = new NeedleSearch([...SITES.flatMap((site) => seatNeedles(site, small.consortium.siteState(site), hash)), ...uploads]);
      // The control: the same search finds all of it at its owner's now.
      for (const site of ['a', 'b', 'c']) {
        const labels = await found(site);
        expect(labels).toContain(`contribution of ${site}`);
        for (const what of [`b of ${site}, seat 0`, `round key of ${site}, seat 0`, `share of d's b at ${site}, seat 0`])
          expect(labels).toContain(`${what} (raw)`);
      }
      await eventually(async () => ((await found('coordinator')).includes('contribution of a') ? true : undefined), 5_000);
      const round = await eventually(async () => (await roundsOf(hash)).find(({ outcome }) => outcome === 'done'), 45_000);
      expect(round).toMatchObject({ round: 1, attempt: 0, contributors: ['a', 'b', 'c'] });
      expect(lasted(round)).toBeGreaterThanOrEqual(DEADLINE_MS);
      expect(lasted(round)).toBeLessThan(DEADLINE_MS + 5_000);
    });

    it('answers what comes from it afterwards with TOO_LATE, and does not add it', async () => {
      const d = await SiteInHand.take(small.consortium, 'd');
      try {
        const at = d.enter(hash);
        const place = { keyEpoch: 0, round: 1, attempt: 0 };
        const late = await d.upload(uploadOf(at, place, randomCiphertext(parametersOf(at, place), 0)));
        expect(late).toMatchObject({ code: 'TOO_LATE', message: 'Round 1 of the study no longer takes uploads.' });
      } finally {
        await d.release();
      }
    });

    it('lets it come back: it takes the step that it missed, and everybody holds the sum of three', async () => {
      small.consortium.startAgent('d');
      await finish(hash);
      const shadows = new Map(SITES.map((site) => [site, join(small.consortium.siteState(site), 'shadow', hash)]));
      const { compared, wrong } = await checkSums(shadows);
      expect(wrong).toEqual([]);
      expect(compared).toBe(8);
      for (const site of SITES) {
        const sum = JSON.parse(await readFile(join(shadows.get(site) ?? '', '1-0.sum.json'), 'utf8')) as { contributors: string[] };
        expect(sum.contributors).toEqual(['a', 'b', 'c']);
      }
    });

    it('leaves no secret of its seats, no share and no contribution on any disk, databases and their logs included', async () => {
      for (const place of places().keys())
        await eventually(async () => ((await found(place)).length === 0 ? true : undefined), 10_000, 500).catch(async () =>
          expect([place, await found(place)]).toEqual([place, []]),
        );
    });
  });

  describe('when all four sites were killed, and the coordinator too', () => {
    const patients = (site: string) => join(small.consortium.siteDirectory(site), 'patients.csv');
    let hash: string;

    it('is kept by the restarted coordinator, and ends the round to which nobody contributed', async () => {
      const few = new Map<string, string>();
      for (const site of SITES) few.set(site, await readFile(patients(site), 'utf8'));
      hash = await proposeQuickly(small.consortium, studyYaml({ name: 'all-lost', rounds: 1, roundDeadline: '20s', retries: 1 }), SITES);
      for (const site of SITES) await writeFile(patients(site), slowPatients());
      await small.consortium.api('POST', `/studies/${hash}/launch`);
      const { deadline } = await eventually(
        async () => {
          const now = await view(hash);
          return now.deadline === null ? undefined : now;
        },
        20_000,
        10,
      );
      await Promise.all([...small.consortium.agents.values()].map((agent) => agent.kill()));
      for (const site of SITES) await writeFile(patients(site), few.get(site) ?? '');
      await small.consortium.coordinator?.kill();
      await small.consortium.startCoordinator();
      const back = Date.now();
      const round = await eventually(async () => (await roundsOf(hash)).find(({ outcome }) => outcome === 'failed'), 45_000);
      expect(round).toMatchObject({ contributors: [], reason: '0 of 3 needed sites contributed; missing: a, b, c, d.' });
      // Announced once, before the restart, and the deadline of then is the one that ended it.
      const { items } = await api<{ items: { event: { type: string; deadline?: string } }[] }>(`/studies/${hash}/events`);
      expect(items.map(({ event }) => event).filter(({ type }) => type === 'announced')).toMatchObject([{ deadline }]);
      const end = Date.parse(round.endedAt ?? '');
      expect(end).toBeGreaterThanOrEqual(Date.parse(deadline ?? ''));
      expect(end).toBeLessThan(Math.max(back, Date.parse(deadline ?? '')) + 5_000);
      expect(await view(hash)).toMatchObject({
        state: 'waiting',
        stateReason: 'Round 1 waits for a, b, c, d. 0 of 3 needed sites are ready; missing: a, b, c, d.',
      });
    });

    it('lets the study go on to its end when they start again', async () => {
      for (const site of SITES) small.consortium.startAgent(site);
      await finish(hash);
      const rounds = await roundsOf(hash);
      expect(rounds.map(({ round, attempt, outcome }) => [round, attempt, outcome])).toEqual([
        [1, 0, 'failed'],
        [1, 1, 'done'],
        [2, 0, 'done'],
      ]);
      // The first three that are back may go on; the last one takes the step all the same.
      for (const { contributors } of rounds.slice(1)) expect(contributors.length).toBeGreaterThanOrEqual(3);
      const shadows = new Map(SITES.map((site) => [site, join(small.consortium.siteState(site), 'shadow', hash)]));
      expect(await checkSums(shadows)).toEqual({ compared: 8, wrong: [] });
    });
  });
});
