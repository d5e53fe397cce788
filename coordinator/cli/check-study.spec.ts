import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCharges, chargeOf, NO_CHARGE, newFilterTerms, plannedEvents, type Charge } from '@consilium/privacy';
import { PopulationName, SiteName } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerView } from '../src/ledgers/ledger-view.js';
import { checkStudy, checkStudyFile, readStudyFile, studyFigures, type WrittenStudy } from './check-study.js';
import { describeBudgets, describeFigures } from './describe-study.js';
import { knownBudgets } from './known-budgets.js';
import { studyWish, type WishOptions } from './study-wish.js';
import { STUDY_TEMPLATES } from './templates/study-templates.js';

let folder: string;
let written: WrittenStudy;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-check-'));
  written = await save('stroke.yaml', STUDY_TEMPLATES['tabular-private']?.('stroke-2027') ?? '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const save = async (name: string, text: string): Promise<WrittenStudy> => {
  await writeFile(join(folder, name), text);
  return await readStudyFile(join(folder, name));
};
/** `study check` with these options, over ledgers as the coordinator mirrors them. */
const check = (options: WishOptions, ledgers: readonly LedgerView[] = [], study = written) => {
  const wish = studyWish(options);
  return checkStudy(study, wish, knownBudgets(study.file, ledgers, wish.populationLimit));
};
const used = { percentUsed: 0, epsilonUsed: 0, epsilonLeft: 0 };
const ledger = (site: string, epsilonLimit: number, held: Charge = NO_CHARGE, population = 'stroke'): LedgerView => {
  const { delta, orders } = newFilterTerms(epsilonLimit, 1e-5);
  return {
    site: SiteName.parse(site),
    population: PopulationName.parse(population),
    size: 1,
    headWords: '',
    checkpoint: { size: 1, at: '2027-01-01T00:00:00.000Z' },
    epsilonLimit,
    delta,
    frozen: false,
    held: used,
    spent: used,
    orders: [...orders],
    charges: { training: [...held], evaluation: [...NO_CHARGE] },
    studies: 0,
  };
};

describe('a study check that looks for noise', () => {
  it('gives the lines to write, and what the study then costs: at most what was asked for, and 99 % of it', async () => {
    const checked = await check({ epsilon: '1' });
    const rdp = Number(checked.price?.promise.rdp);
    expect(rdp).toBeLessThanOrEqual(1);
    expect(rdp).toBeGreaterThanOrEqual(0.99);
    const text = describeFigures(studyFigures(checked));
    expect(text).toMatch(
      /^to write {5}noiseMultiplier: \d+\.\d+ {3}# under privacy\n {13}noiseMultiplier: \d+\.\d+ {3}# under metrics\nstudy/,
    );
    expect(text).toMatch(/epsilon (1|0\.99\d*) at delta 0\.00001/);
    expect(text).toContain('right at most 73 % of the time');
    expect(text).toMatch(/if all other sites collude: epsilon 1\.\d+/);
  });

  it('comes to the same study as the file with these lines in it', async () => {
    const checked = await check({ epsilon: '1.2', rounds: '20' });
    expect(checked.lines.map(({ section, field }) => `${section}.${field}`)).toEqual([
      'algorithm.rounds',
      'privacy.noiseMultiplier',
      'metrics.noiseMultiplier',
    ]);
    const [rounds, training, evaluation] = checked.lines.map(({ value }) => value);
    const edited = written.yaml
      .replace('rounds: 40', `rounds: ${rounds}`)
      .replace('noiseMultiplier: 25', `noiseMultiplier: ${training}`)
      .replace('noiseMultiplier: 8', `noiseMultiplier: ${evaluation}`);
    await save('edited.yaml', edited);
    expect((await checkStudyFile(join(folder, 'edited.yaml'))).hash).toBe(checked.hash);
    // What the coordinator is asked about is that study too.
    await writeFile(join(folder, 'sent.yaml'), checked.yaml);
    expect((await checkStudyFile(join(folder, 'sent.yaml'))).hash).toBe(checked.hash);
  });

  it('raises an epsilonMax of the file that would refuse what was asked for, and says so', async () => {
    expect((await check({ epsilon: '4' })).lines).toContainEqual({ section: 'privacy', field: 'epsilonMax', value: 4 });
    expect((await check({ epsilon: '1' })).lines.map(({ field }) => field)).not.toContain('epsilonMax');
  });

  it('says why no noise is enough, within a second', async () => {
    const start = performance.now();
    await expect(check({ epsilon: '0.000001' })).rejects.toMatchObject({ code: 'EPSILON_UNREACHABLE', exitCode: 5 });
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe('a study check that looks for rounds', () => {
  it('finds the most that fit the epsilon; supposing one more, the file refuses itself', async () => {
    const { study, lines } = await check({ for: 'rounds' });
    expect(lines).toEqual([{ section: 'algorithm', field: 'rounds', value: study.algorithm.rounds }]);
    const supposing = (rounds: number) => check({ rounds: String(rounds) });
    expect((await supposing(study.algorithm.rounds)).price?.promise.rdp).toBeLessThanOrEqual(1.5);
    await expect(supposing(study.algorithm.rounds + 1)).rejects.toMatchObject({
      code: 'EPSILON_MAX',
      fix: expect.stringContaining('consilium study check FILE --epsilon 1.5') as string,
    });
  });

  it('has to be told what they should keep to', async () => {
    const free = await save('free.yaml', written.yaml.replace(/\n +epsilonMax: .*/, ''));
    await expect(check({ for: 'rounds' }, [], free)).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('--epsilon') as string,
    });
    expect((await check({ for: 'rounds', populationLimit: '2' }, [], free)).study.algorithm.rounds).toBeGreaterThan(40);
  });
});

describe('the limits of populations', () => {
  it('are shown before and after the study, at the orders of each', async () => {
    const event = plannedEvents((await check({})).study).training;
    const spent = chargeOf(event!, newFilterTerms(6, 1e-5));
    const { budgets } = await check({}, [ledger('site-a', 6), ledger('site-b', 6, spent), ledger('elsewhere', 0.5)]);
    const [fresh, second] = budgets;
    expect(budgets.map(({ site, decides, fits }) => [site, decides, fits])).toEqual([
      ['site-a', true, true],
      ['site-b', true, true],
    ]);
    expect(fresh).toMatchObject({ population: 'stroke', epsilonLimit: 6, before: { percentUsed: 0, epsilonUsed: 0 } });
    expect(second!.before.percentUsed).toBeCloseTo(fresh!.after!.percentUsed, 1);
    expect(second!.after!.percentUsed).toBeGreaterThan(1.9 * second!.before.percentUsed);
    expect(describeBudgets(budgets)).toMatch(
      /^SITE +POPULATION +USED NOW +AFTER[^]*\nsite-a +stroke +0\.0 % +\d+\.\d % +\d\.\d{4} +6 +enough\n/,
    );
  });

  it('that a study would pass refuse it, with the rounds and the noise that fit', async () => {
    const error = (await check({}, [ledger('site-a', 1)]).catch((caught: unknown) => caught)) as {
      code: string;
      exitCode: number;
      fix: string;
    };
    expect(error).toMatchObject({ code: 'BUDGET_EXHAUSTED', exitCode: 5 });
    const rounds = /--rounds (\d+)/.exec(error.fix)?.[1];
    const fitting = await check({ rounds: rounds ?? '' }, [ledger('site-a', 1)]);
    expect(fitting.budgets[0]?.fits).toBe(true);
    await expect(check({ rounds: String(Number(rounds) + 1) }, [ledger('site-a', 1)])).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  });

  it('are kept to by what is found, also one that is only supposed', async () => {
    const alone = await check({ epsilon: '1.4' });
    for (const tight of [await check({ epsilon: '1.4' }, [ledger('site-a', 1)]), await check({ epsilon: '1.4', populationLimit: '1' })]) {
      expect(tight.budgets).toMatchObject([{ fits: true, epsilonLimit: 1 }]);
      expect(Number(tight.price?.promise.rdp)).toBeLessThan(Number(alone.price?.promise.rdp));
    }
  });

  it('of a site with several populations are shown, and refuse nothing: which one it is, the site knows', async () => {
    const full = addCharges(['90.000000000000', '90.000000000000'] as unknown as Charge, NO_CHARGE);
    const { budgets } = await check({}, [ledger('site-a', 6, full), ledger('site-a', 6, NO_CHARGE, 'other')]);
    expect(budgets.map(({ decides, fits }) => [decides, fits])).toEqual([
      [false, false],
      [false, true],
    ]);
    expect(describeBudgets(budgets)).toContain('not enough, if the cohort is of this population');
  });
});

describe('the options of a study check', () => {
  it.each([
    [{ epsilon: 'NaN' }, '--epsilon'],
    [{ epsilon: 'Infinity' }, '--epsilon'],
    [{ epsilon: '1e999' }, '--epsilon'],
    [{ epsilon: '-1' }, '--epsilon'],
    [{ epsilon: '0' }, '--epsilon'],
    [{ epsilon: '' }, '--epsilon'],
    [{ epsilon: '0x10' }, '--epsilon'],
    [{ rounds: '0' }, '--rounds'],
    [{ rounds: '2.5' }, '--rounds'],
    [{ rounds: '10001' }, '--rounds'],
    [{ for: 'luck' }, '--for'],
    [{ populationLimit: 'NaN' }, '--population-limit'],
    [{ for: 'rounds', rounds: '7' }, 'at once'],
  ])('that mean nothing are refused by name: %j', (options, named) => {
    expect(() => studyWish(options)).toThrow(
      expect.objectContaining({ code: 'USAGE', exitCode: 2, message: expect.stringContaining(named) as string }),
    );
  });
});

describe('a study file as it is written', () => {
  it('says how many witnesses its rounds need, and nothing of them where nothing is paid for', async () => {
    expect(describeFigures(studyFigures(await check({})))).toMatch(/\nwitnesses {4}all 3 other sites must cosign .* rounds wait\n/);
    const plain = await save('plain.yaml', STUDY_TEMPLATES['tabular-logistic']?.('stroke-2027') ?? '');
    const figures = studyFigures(await check({}, [ledger('site-a', 1)], plain));
    expect(figures).toMatchObject({ witnesses: null, budgets: [], toWrite: [] });
    expect(describeFigures(figures)).not.toContain('witnesses');
    await expect(check({ epsilon: '1' }, [], plain)).rejects.toMatchObject({ code: 'EPSILON_WITHOUT_NOISE' });
  });

  it('that is not there is said with where one comes from', async () => {
    await expect(checkStudyFile(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'FILE_INVALID',
      fix: expect.stringContaining('consilium study new') as string,
    });
    expect(await readFile(join(folder, 'stroke.yaml'), 'utf8')).toBe(written.yaml);
  });
});
