import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

interface View {
  readonly state: string;
  readonly sites: readonly {
    readonly site: string;
    readonly state: string;
    readonly code: string | null;
    readonly whoCanAct: string | null;
  }[];
}
interface Round {
  readonly round: number;
  readonly outcome: string;
  readonly contributors: readonly string[];
}

describe('a site that rests in the middle of a study', () => {
  let small: SmallConsortium;
  let hash: string;
  beforeAll(async () => {
    small = await smallConsortium();
    hash = await small.propose(studyYaml({ rounds: 400, refused: 'continue' }));
    await small.consortium.consilium('study', 'launch', hash);
  });
  afterAll(() => small.remove());

  const view = async () => (await small.consortium.api('GET', `/studies/${hash}`)) as View;
  const rounds = async () => ((await small.consortium.api('GET', `/studies/${hash}/rounds`)) as { readonly items: readonly Round[] }).items;
  const until = async (what: () => Promise<boolean>) => {
    for (let tries = 0; tries < 300; tries += 1) {
      if (await what()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`waited too long: ${JSON.stringify(await view())}`);
  };
  const doneBy = async (contributors: number, after: number) =>
    (await rounds()).filter(({ round, outcome, contributors: who }) => round > after && outcome === 'done' && who.length === contributors);
  const last = async () => Math.max(0, ...(await rounds()).map(({ round }) => round));

  it('is shown as refused with code and remedy while the others go on, and is in again after it resumes', async () => {
    await until(async () => (await doneBy(4, 0)).length > 0);
    await small.consortium.site('d', 'study', 'pause', hash);
    const paused = await last();
    await until(async () => (await doneBy(3, paused)).length > 1);
    expect((await view()).sites.find(({ site }) => site === 'd')).toMatchObject({
      state: 'refused',
      code: 'PAUSED',
      whoCanAct: expect.stringContaining('consilium-site study resume') as string,
    });
    await small.consortium.site('d', 'study', 'resume', hash);
    const resumed = await last();
    await until(async () => (await doneBy(4, resumed)).length > 0);
    expect((await view()).sites.find(({ site }) => site === 'd')?.state).not.toBe('refused');
  });
});
