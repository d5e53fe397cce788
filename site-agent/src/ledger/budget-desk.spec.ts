import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIdentityKey } from '@consilium/identity';
import { ledgerPlace, NODE_FILES, rdpAccountant, readLedger, verifyLedger, type ReadLedger, type ShownBudget } from '@consilium/ledger';
import { parseYaml, PopulationName, resolveStudy, SiteName, StudyFile, studyHash, studySpecification } from '@consilium/protocol';
import type { WitnessAnswer } from '@consilium/protocol/wire';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';
import type { SiteCohort, SiteConfig, SitePopulation } from '../config/index.js';
import { describeHead, describeLedger } from '../cli/describe-ledger.js';
import { enterStudy } from '../session/enter-study.js';
import { BudgetDesk } from './budget-desk.js';
import { memberKeys } from './member-keys.js';
import type { LedgerStudy } from './study-rounds.js';

const HEART = PopulationName.parse('heart');
const YAML = (name = 'heart-lr', rounds = 40, multiplier = 4) =>
  studyYaml(['a', 'b', 'c'])
    .replace('name: heart-lr', `name: ${name}`)
    .replace(/^algorithm:.*$/m, `algorithm: { name: dp-sgd, rounds: ${rounds}, learningRate: 0.5 }\nmetrics: { every: 1000 }`)
    .replace(
      'privacy: { mode: none }',
      `privacy: { mode: patient/distributed, sampling: 1, clip: 1, noiseMultiplier: ${multiplier}, delta: 1.0e-4 }`,
    )
    .replace('sites: {', 'sites: { publicSizes: { a: 40, b: 40, c: 40 },');

function studyNamed(name: string): LedgerStudy {
  const study = resolveStudy(parseYaml(YAML(name), StudyFile, 'study'), sealParameters);
  return { hash: studyHash(studySpecification(study)), study };
}

const worlds: StudyWorld[] = [];
async function newWorld(epsilonLimit: number, yaml = YAML()): Promise<StudyWorld> {
  const world = new StudyWorld(yaml, epsilonLimit === undefined ? {} : { epsilonLimit });
  world.patienceMs = 400;
  await world.start();
  worlds.push(world);
  return world;
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

const own = ({ hash, study }: StudyWorld): LedgerStudy => ({ hash, study });
const fileOf = (world: StudyWorld, site = 'a') => ledgerPlace(world.at(site).state.layout.ledgers, HEART).lines;
const kinds = (world: StudyWorld, site = 'a'): string[] =>
  readFileSync(fileOf(world, site), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { entry: { kind: string } }).entry.kind);
const count = (world: StudyWorld, kind: string) => kinds(world).filter((one) => one === kind).length;

function verified(world: StudyWorld, site = 'a'): ShownBudget {
  const keysOf = memberKeys(world.at(site).state);
  const verdict = verifyLedger(readFileSync(fileOf(world, site)), { keysOf, readKey: readIdentityKey, accountant: rdpAccountant() });
  if (!verdict.ok) throw new Error(verdict.detail);
  return verdict.budget;
}

/** One round as a contribution pays for it. */
async function pay(world: StudyWorld, study: LedgerStudy, round: number): Promise<void> {
  const { budgets } = world.at('a');
  await budgets.spend(study, await budgets.reserve(study, round), { round, attempt: 0 });
}

/** Pays round after round until one is refused. @returns how many were paid, and the error */
async function payAll(world: StudyWorld, study: LedgerStudy): Promise<{ readonly paid: number; readonly error: unknown }> {
  for (let round = 1; round <= study.study.algorithm.rounds; round += 1)
    try {
      await pay(world, study, round);
    } catch (error) {
      return { paid: round - 1, error };
    }
  return { paid: study.study.algorithm.rounds, error: undefined };
}

describe('the budget of a population', () => {
  it('pays for nobody whom another population counts too, until the overlap is declared', async () => {
    const world = new StudyWorld(YAML(), { ids: true });
    await world.start();
    worlds.push(world);
    const { cohorts, populations } = world.at('a').config as SiteConfig & {
      cohorts: Map<string, SiteCohort>;
      populations: Map<string, SitePopulation>;
    };
    const again = { ...(cohorts.get('heart') as SiteCohort), name: 'stroke', population: 'stroke' };
    cohorts.set('stroke', again);
    await expect(pay(world, own(world), 1)).rejects.toMatchObject({
      code: 'POPULATION_OVERLAP',
      refusal: { fields: { population: 'heart' } },
    });
    expect(existsSync(fileOf(world))).toBe(false);
    populations.set('heart', { patientId: 'pid', overlaps: new Set(['stroke']) });
    await pay(world, own(world), 1);
    expect(existsSync(fileOf(world))).toBe(true);
  });

  it('lets as many of 40 rounds pass as the limit allows, then refuses by itself, and what is spent stays', async () => {
    const world = await newWorld(3);
    const { paid, error } = await payAll(world, own(world));
    expect(paid).toBeGreaterThan(2);
    expect(paid).toBeLessThan(40);
    expect(error).toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      refusal: { code: 'BUDGET_EXHAUSTED', fields: { population: 'heart', limit: '3', wouldReach: expect.stringMatching(/^\d+\.\d{4}$/) } },
    });
    const before = verified(world).spent.percentUsed;
    expect(before).toBeGreaterThan(100 * (paid / (paid + 1)) - 0.1);
    expect(before).toBeLessThanOrEqual(100);
    await expect(pay(world, own(world), paid + 1)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    await world.restart('a');
    await expect(pay(world, own(world), paid + 1)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    await world.at('a').budgets.endStudy(own(world));
    expect(verified(world).spent.percentUsed).toBe(before);
  });

  it('asks its witnesses once a block, not once a round', async () => {
    const world = await newWorld(50);
    const { budgets } = world.at('a');
    await budgets.reserve(own(world), 1);
    const { questions } = world;
    for (let round = 1; round <= 10; round += 1) await budgets.reserve(own(world), round);
    expect(world.questions).toBe(questions);
    expect(count(world, 'reserve')).toBe(1);
  });

  it('is shared by two studies, and what the first never used is the second one’s', async () => {
    const world = await newWorld(3);
    const first = own(world);
    const second = studyNamed('another');
    for (let round = 1; round <= 3; round += 1) await pay(world, first, round);
    await expect(pay(world, second, 1)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    await world.at('a').budgets.endStudy(first);
    expect(count(world, 'return')).toBe(1);
    const { paid } = await payAll(world, second);
    expect(paid).toBeGreaterThan(0);
    const alone = await newWorld(3);
    expect(paid + 3).toBe((await payAll(alone, own(alone))).paid);
    expect(verified(world).spent.percentUsed).toBeLessThanOrEqual(100);
  });

  it('never overspends when twenty studies come at once', async () => {
    const world = await newWorld(3);
    const studies = Array.from({ length: 20 }, (_, index) => studyNamed(`study-${index}`));
    const ends = await Promise.allSettled(studies.map((study) => payAll(world, study)));
    const paid = ends.map((end) => (end.status === 'fulfilled' ? end.value.paid : -1));
    expect(Math.min(...paid)).toBe(0);
    expect(Math.max(...paid)).toBeGreaterThan(0);
    expect(verified(world).held.percentUsed).toBeLessThanOrEqual(100);
  });

  it('follows a limit that site.yaml lowers, and leaves one that it raises to an officer', async () => {
    const world = await newWorld(3);
    await pay(world, own(world), 1);
    const configured = (epsilonLimit: number) => {
      const budgets = world.at('a').config.budgets as Map<string, object>;
      budgets.set('heart', { ...budgets.get('heart'), epsilonLimit });
      return world.restart('a');
    };
    await configured(2.5);
    await pay(world, own(world), 2);
    expect(verified(world).epsilonMax).toBe(2.5);
    await configured(9);
    await pay(world, own(world), 3);
    expect(verified(world).epsilonMax).toBe(2.5);
  });

  it('is needed: a study of a patient mode over a population without one is refused, mode none is not', async () => {
    const world = await newWorld(3);
    const { site, config } = world.at('a');
    expect(() => enterStudy(site, { ...config, budgets: new Map() }, world.hash, () => undefined)).toThrow(
      /no privacy budget of population heart/,
    );
    const open = await newWorld(3, studyYaml(['a', 'b', 'c']));
    const at = open.at('a');
    expect(enterStudy(at.site, { ...at.config, budgets: new Map() }, open.hash, () => undefined).hash).toBe(open.hash);
    await at.budgets.spend(own(open), await at.budgets.reserve(own(open), 1), { round: 1, attempt: 0 });
    expect(existsSync(fileOf(open))).toBe(false);
  });
});

describe('a ledger in the hands of an agent', () => {
  it('loses and doubles nothing when the agent ends between reserving and training', async () => {
    const world = await newWorld(50);
    await world.at('a').budgets.reserve(own(world), 1);
    const before = readFileSync(fileOf(world));
    await world.restart('a');
    await world.at('a').budgets.reserve(own(world), 1);
    expect(readFileSync(fileOf(world))).toEqual(before);
  });

  it('has one writer: a second agent is refused', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    const { site, state, config, keys } = world.at('a');
    const { identitySigner } = await import('@consilium/identity');
    const { WitnessCalls } = await import('./witness-calls.js');
    const second = new BudgetDesk({
      consortium: site.consortium,
      name: SiteName.parse('a'),
      state,
      config,
      connection: site.connection,
      signer: identitySigner(keys.identityKey),
      calls: new WitnessCalls(),
      warn: () => undefined,
      timeoutMs: 100,
    });
    await expect(second.reserve(own(world), 1)).rejects.toMatchObject({ code: 'STATE_IN_USE' });
    await second.close();
  });

  it('is read without any effect', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    await world.restart('a');
    const { state } = world.at('a');
    const files = () =>
      readdirSync(state.layout.ledgers)
        .sort()
        .map((name) => [name, readFileSync(join(state.layout.ledgers, name)).toString('hex')]);
    const before = files();
    const read = () =>
      readLedger(NODE_FILES, ledgerPlace(state.layout.ledgers, HEART), HEART, { keysOf: memberKeys(state), readKey: readIdentityKey });
    const found = await read();
    expect((await read())?.root).toEqual(found?.root);
    expect(files()).toEqual(before);
    const shown = describeLedger(found as ReadLedger, 50);
    expect(shown.lines.join('\n')).toMatch(/used +\d+\.\d % of the limit, \d+\.\d % spent/);
    expect(shown.data).toMatchObject({ epsilonLimit: 50, studies: [{ study: world.hash, status: 'approved', spent: 1, reserved: 39 }] });
    expect(describeHead(found as ReadLedger).lines[1]?.split(' ')).toHaveLength(8);
  });

  it('refuses an older copy of its file and says what is missing, until the mirror has brought it back', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    const older = readFileSync(fileOf(world));
    await world.restart('a');
    await pay(world, own(world), 2);
    await world.restart('a');
    await world.at('a').budgets.reserve(own(world), 3);
    const newest = readFileSync(fileOf(world));
    const note = ledgerPlace(world.at('a').state.layout.ledgers, HEART).checkpoint;
    await world.restart('a', () => {
      writeFileSync(fileOf(world), older);
      writeFileSync(note, '');
    });
    world.coordinator.mirrorDown = true;
    await expect(pay(world, own(world), 3)).rejects.toMatchObject({
      refusal: { code: 'LEDGER_ROLLED_BACK', fields: { population: 'heart', known: expect.stringMatching(/^\d+$/) } },
    });
    expect(readFileSync(fileOf(world))).toEqual(older);
    world.coordinator.mirrorDown = false;
    // Refused once more while what is missing comes back, with the entries that were missing for the incident.
    await expect(pay(world, own(world), 3)).rejects.toMatchObject({
      code: 'LEDGER_ROLLED_BACK',
      cause: expect.objectContaining({ message: expect.stringMatching(/^entries \d+ to \d+ were not in the file/) }),
    });
    await pay(world, own(world), 3);
    expect(readFileSync(fileOf(world)).subarray(0, newest.length)).toEqual(newest);
    expect(count(world, 'spend')).toBe(3);
    // What was reserved before the copy came back may have been uploaded by a site that no longer knows it.
    await world.at('a').budgets.endStudy(own(world));
    expect(count(world, 'return')).toBe(0);
    expect(count(world, 'write-off')).toBeGreaterThan(0);
    expect(verified(world).held).toEqual(verified(world).spent);
  });

  it('is missed when somebody deletes it, and comes back whole', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    const before = readFileSync(fileOf(world));
    await world.restart('a', () => rmSync(world.at('a').state.layout.ledgers, { recursive: true }));
    await expect(pay(world, own(world), 2)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' });
    await pay(world, own(world), 2);
    expect(readFileSync(fileOf(world)).subarray(0, before.length)).toEqual(before);
    expect(count(world, 'spend')).toBe(2);
  });

  it('drops a line that was cut in half, and says so in the next one', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    await world.restart('a', () => writeFileSync(fileOf(world), '{"entry":{"kind":"spe', { flag: 'a' }));
    await pay(world, own(world), 2);
    expect(kinds(world)).toContain('note');
    expect(count(world, 'spend')).toBe(2);
    verified(world);
  });

  it('counts as spent what a site that was restored may have uploaded (STATE_RESTORED)', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    const { database } = world.at('a').state;
    database.prepare('INSERT INTO study_restored (study, block, round) VALUES (?, 0, 5)').run(world.hash);
    await world.restart('a');
    await pay(world, own(world), 6);
    expect(count(world, 'write-off')).toBe(1);
    const { state } = world.at('a');
    const place = ledgerPlace(state.layout.ledgers, HEART);
    const read = await readLedger(NODE_FILES, place, HEART, { keysOf: memberKeys(state), readKey: readIdentityKey });
    const holdings = [...(read?.state.studies.get(world.hash)?.holdings.values() ?? [])];
    // Round 1 before, rounds 2 to 5 written off, round 6 now.
    expect(holdings.filter(({ status }) => status === 'spent')).toHaveLength(6);
    await world.at('a').budgets.endStudy(own(world));
    expect(verified(world).spent).toEqual(verified(world).held);
  });

  it('refuses a file that was changed', async () => {
    const world = await newWorld(50);
    await pay(world, own(world), 1);
    await world.restart('a', () => {
      const text = readFileSync(fileOf(world), 'utf8');
      writeFileSync(fileOf(world), text.replace('"epsilonMax":50', '"epsilonMax":51'));
    });
    await expect(pay(world, own(world), 2)).rejects.toMatchObject({ refusal: { code: 'LEDGER_INVALID', fields: { population: 'heart' } } });
  });
});

describe('witnesses of a ledger', () => {
  it('make a site wait when they are away, and let it work on in the block that they have cosigned', async () => {
    const world = await newWorld(50);
    world.lostWitnesses.add('b');
    await expect(pay(world, own(world), 1)).rejects.toMatchObject({ refusal: { code: 'WITNESS_QUORUM', fields: { missing: 'b' } } });
    world.lostWitnesses.clear();
    await pay(world, own(world), 1);
    world.lostWitnesses.add('b');
    for (let round = 2; round <= 10; round += 1) await pay(world, own(world), round);
    expect(count(world, 'spend')).toBe(10);
    world.lostWitnesses.clear();
  });

  it('cannot be replayed by the coordinator: old answers achieve waiting, not spending', async () => {
    const world = await newWorld(50);
    const heard: WitnessAnswer[] = [];
    world.distortWitness = (answer) => (heard.push(answer), answer);
    await pay(world, own(world), 1);
    const [old] = heard.filter(({ answer }) => answer?.$case === 'last');
    expect(old).toBeDefined();
    // The id is what a coordinator can copy; what was signed is not.
    world.distortWitness = (answer) => ({ ...answer, answer: old?.answer });
    await world.restart('a');
    const before = readFileSync(fileOf(world));
    await expect(pay(world, own(world), 2)).rejects.toMatchObject({ code: 'WITNESS_QUORUM' });
    expect(readFileSync(fileOf(world))).toEqual(before);
  });

  it('are the sites of every study over the population: another study is refused', async () => {
    const world = await newWorld(50);
    const budgets = world.at('a').config.budgets as Map<string, object>;
    budgets.set('heart', { ...budgets.get('heart'), witnesses: ['b', 'x'] });
    const { site, config } = world.at('a');
    expect(() => enterStudy(site, config, world.hash, () => undefined)).toThrow(/for this study \(witnesses\)/);
  });
});

describe('a contribution', () => {
  it('shows no keys and touches no data where the budget has no room', async () => {
    const world = await newWorld(3, YAML('heart-lr', 2, 0.9));
    await world.makeKeys();
    await expect(world.perform('a', world.advertiseTask(0, 4))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    await expect(world.perform('a', world.contributeTask(world.attempt(1, 0)))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(world.coordinator.said.has('advertise a')).toBe(false);
    const { database } = world.at('a').state;
    expect(database.prepare('SELECT count(*) AS n FROM study_cohort').get()).toEqual({ n: 0 });
    expect(readdirSync(world.folderOf('a')).filter((file) => file.includes('lanes'))).toEqual([]);
    expect(world.coordinator.streams).toBe(0);
  });

  it('spends once where the agent ends between training and spending, and before the first byte leaves', async () => {
    const world = await newWorld(50, YAML('heart-lr', 2));
    await world.makeKeys();
    await world.openBlock(0, 4);
    const attempt = world.attempt(1, 0);
    vi.spyOn(world.at('a').budgets, 'spend').mockRejectedValueOnce(new Error('the process ends here'));
    await expect(world.perform('a', world.contributeTask(attempt))).rejects.toThrow('the process ends here');
    expect(world.coordinator.streams).toBe(0);
    expect(count(world, 'spend')).toBe(0);
    await world.restart('a');
    await world.perform('a', world.contributeTask(attempt));
    await world.restart('a');
    await world.perform('a', world.contributeTask(attempt));
    await world.perform('a', world.contributeTask(world.attempt(1, 1)));
    expect(count(world, 'spend')).toBe(1);
    expect(count(world, 'reserve')).toBe(1);
    // Its integers are deleted when a round is applied: they are never drawn a second time for one price.
    rmSync(join(world.folderOf('a'), 'round-1.lanes'));
    await expect(world.perform('a', world.contributeTask(world.attempt(1, 2)))).rejects.toMatchObject({ code: 'RELEASED' });
    await world.perform('a', { $case: 'end', value: { outcome: 'stopped', aborted: undefined } });
    expect(verified(world).held).toEqual(verified(world).spent);
  });
});
