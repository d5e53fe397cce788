import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, SITES, studyYaml } from '../../support/small-consortium.js';
import { CANARY, patientsOf, type World } from '../world.js';

const withoutColumn = (csv: string, index: number): string =>
  csv
    .split('\n')
    .map((line) =>
      line
        .split(',')
        .filter((_, at) => at !== index)
        .join(','),
    )
    .join('\n');

/** Puts a text into the cell of a row; row 1 is the first below the header. */
function withCell(csv: string, row: number, index: number, text: string): string {
  const lines = csv.split('\n');
  lines[row] = (lines[row] ?? '')
    .split(',')
    .map((cell, at) => (at === index ? text : cell))
    .join(',');
  return lines.join('\n');
}

const [X, SEX] = [1, 2];
const fivePatients = (site: string): string => `${patientsOf(site).split('\n').slice(0, 6).join('\n')}\n`;

/** Data that do not fit a study: refused when an officer wants to approve, and again when a round would use them. */
export function cohortsThatDoNotFit(world: () => World): void {
  describe('a cohort', () => {
    let unfit: string;
    beforeAll(async () => {
      unfit = await world().propose(studyYaml({ name: 'does-not-fit' }), []);
    });

    /** Has site d look at the study with `csv` as its data, and try to approve it. */
    async function approvedWith(csv: string) {
      return world().withPatients('d', csv, async () => ({
        approve: await world().refusedSite('d', 'study', 'approve', unfit, '--yes'),
        check: await world().refusedSite('d', 'cohort', 'check', 'heart', '--study', unfit),
        view: await world().view(unfit),
      }));
    }

    it('that lacks a column of the study', async () => {
      const { approve, check, view } = await approvedWith(withoutColumn(patientsOf('d'), SEX));
      for (const refusal of [approve, check]) {
        expect(refusal).toMatchObject({ exit: 5, code: 'COHORT_SCHEMA' });
        expect(refusal.message).toContain('sex');
      }
      expect(view.sites.find(({ site }) => site === 'd')?.state).toBe('not-approved');
    });

    it('with a level and a value outside the schema: counts and row numbers, never the values', async () => {
      const level = withCell(withCell(patientsOf('d'), 3, SEX, CANARY.level), 7, SEX, CANARY.level);
      const { approve, check } = await approvedWith(withCell(level, 5, X, CANARY.number));
      for (const refusal of [approve, check]) {
        expect(refusal).toMatchObject({ exit: 5, code: 'COHORT_RANGE' });
        expect(refusal.output).toMatch(/Column sex: 2 of \d+ rows .*levels F, M .*rows 3, 7/);
        expect(refusal.output).toMatch(/Column x: 1 of \d+ rows .*range 0 to 1 .*row 5/);
        expect(refusal.output).not.toContain(CANARY.level);
        expect(refusal.output).not.toContain(CANARY.number);
      }
    });

    it("smaller than the site's minimum", async () => {
      const { approve, check } = await approvedWith(fivePatients('d'));
      for (const refusal of [approve, check]) expect(refusal).toMatchObject({ exit: 5, code: 'COHORT_TOO_SMALL' });
    });

    it('that became too small after the approval: the site drops out of the round, which goes on with the others', async () => {
      const hash = await world().propose(studyYaml({ name: 'became-small', rounds: 1, refused: 'continue' }));
      await world().withPatients('d', fivePatients('d'), async () => {
        await world().launch(hash);
        const { code, sentence } = await world().refusalOf(hash, 'd');
        expect(code).toBe('COHORT_TOO_SMALL');
        expect(sentence).toBe('The cohort is too small: smaller than the site allows.');
        await world().finish(hash);
      });
      const { metrics } = await world().view(hash);
      expect(metrics.map(({ contributors }) => contributors)).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ]);
    });

    it('that lost a column and got a value out of range after the approval: the study waits, names the site, and can be stopped', async () => {
      const hash = await world().propose(studyYaml({ name: 'became-bad' }));
      await world().withPatients('d', withCell(patientsOf('d'), 5, X, CANARY.number), () =>
        world().withPatients('c', withoutColumn(patientsOf('c'), SEX), async () => {
          await world().launch(hash);
          expect(await world().refusalOf(hash, 'c')).toMatchObject({
            code: 'COHORT_SCHEMA',
            sentence: expect.stringContaining('sex') as string,
          });
          expect(await world().refusalOf(hash, 'd')).toMatchObject({
            code: 'COHORT_RANGE',
            sentence: expect.stringContaining('Column x') as string,
          });
          const waiting = await eventually(async () => {
            const view = await world().view(hash);
            return /waits for your decision: c, d refused/.test(view.stateReason) ? view : undefined;
          });
          expect(waiting.state).toBe('waiting');
          world().hear(JSON.stringify(waiting));
          await world().consortium.api('POST', `/studies/${hash}/stop`);
        }),
      );
      expect(await world().view(hash)).toMatchObject({ state: 'stopped' });
      expect(SITES.map((site) => world().consortium.agents.get(site)?.running)).toEqual([true, true, true, true]);
    });
  });
}
