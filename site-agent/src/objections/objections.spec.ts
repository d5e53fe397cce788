import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { noisyYaml, StudyWorld, type Try } from '../../test/study-world.js';
import { addObjections } from './objection-list.js';

describe('consilium-site population objections', () => {
  const world = new CliWorld();
  const IDS = ['P-3', 'P-4', 'Zürich 7'];
  const command = (name: string, ...more: string[]) => ['population', 'objections', name, '--population', 'heart', ...more];

  beforeAll(async () => {
    await world.start();
    world.write('ids.txt', `${IDS.join('\r\n')}\r\n\n  P-3 \n`);
  });
  afterAll(() => world.stop());
  beforeEach(() => world.settings({ population: '{ patientId: pid }' }));

  it('adds, counts and removes patients, whatever way the list came', async () => {
    expect((await world.json(command('add', '--file', 'ids.txt'))).data).toEqual({
      population: 'heart',
      changed: 3,
      unchanged: 0,
      count: 3,
    });
    expect((await world.json(command('add', '--file', '-'), { stdin: 'P-4\nP-5' })).data).toMatchObject({
      changed: 1,
      unchanged: 1,
      count: 4,
    });
    expect((await world.json(command('list-count'))).data).toEqual({ population: 'heart', count: 4 });
    // The same name, written with another Unicode form.
    expect((await world.json(command('remove', '--file', '-'), { stdin: 'Zu\u0308rich 7\nP-9\n' })).data).toMatchObject({
      changed: 1,
      unchanged: 1,
      count: 3,
    });
  });

  it('keeps no identifier: not in the state, not in its output, and in files of mode 0600 only', async () => {
    const { stdout, stderr } = await world.run(command('add', '--file', 'ids.txt'));
    expect(stdout + stderr).not.toMatch(/P-\d|Z.rich/);
    const state = join(world.root, 'state');
    for (const file of [join('objections', 'heart.list'), join('keys', 'objections-heart.key')])
      expect(statSync(join(state, file)).mode & 0o777).toBe(0o600);
    for (const entry of readdirSync(state, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name)).toString('latin1')).not.toMatch(/P-\d\b|rich 7/);
  });

  it('says nothing of what stands in a list that it cannot use', async () => {
    world.write('latin1.txt', '');
    writeFileSync(join(world.root, 'latin1.txt'), Buffer.from([0x5a, 0xfc, 0x72]));
    for (const file of ['latin1.txt', 'none.txt'])
      expect(await world.json(command('add', '--file', file))).toMatchObject({ code: 2, error: { code: 'OBJECTIONS_FILE' } });
    expect(await world.json(command('add', '--file', '-'), { stdin: '\n \n' })).toMatchObject({
      code: 2,
      error: { code: 'OBJECTIONS_FILE' },
    });
  });

  it('needs a population whose patients can be told apart', async () => {
    expect(await world.json(['population', 'objections', 'list-count', '--population', 'liver'])).toMatchObject({
      code: 2,
      error: { code: 'POPULATION_UNKNOWN' },
    });
    world.settings({});
    expect(await world.json(command('list-count'))).toMatchObject({ code: 2, error: { code: 'PATIENT_ID_NEEDED' } });
  });

  it('never takes a damaged list, or one whose key is gone, for an empty one', async () => {
    const list = join(world.root, 'state', 'objections', 'heart.list');
    const before = readFileSync(list, 'utf8');
    const lines = before.split('\n');
    for (const damaged of [before.slice(0, -10), `${lines.slice(0, -2).join('\n')}\n`, '', undefined]) {
      if (damaged === undefined) rmSync(list);
      else writeFileSync(list, damaged);
      expect(await world.json(command('list-count'))).toMatchObject({ code: 1, error: { code: 'OBJECTIONS_UNREADABLE' } });
      expect(await world.json(command('add', '--file', 'ids.txt'))).toMatchObject({ code: 1, error: { code: 'OBJECTIONS_UNREADABLE' } });
    }
    writeFileSync(list, before, { mode: 0o600 });
    expect(await world.json(command('list-count'))).toMatchObject({ code: 0 });
  });
});

describe('an objection in the middle of a study of mode patient/distributed', () => {
  // Everybody is sampled, so that each patient who is used shows.
  const world = new StudyWorld(noisyYaml({ rounds: 3 }).replace('sampling: 0.5', 'sampling: 1'), { ids: true });
  beforeAll(async () => {
    await world.start();
    await world.makeKeys();
    await world.openBlock(0, 8);
  });
  afterAll(() => world.stop());

  /** Patients whose gradients went into a's contribution, and those that its own figures count. */
  async function used(attempt: Try) {
    const run = vi.spyOn(world.at('a').site.workbench, 'run');
    await world.round(attempt);
    const [result] = await Promise.all(run.mock.results.map(({ value }) => value as Promise<Used>));
    run.mockRestore();
    const trained = Object.values(result?.outcomes ?? {}).reduce((sum, count) => sum + count, 0);
    return { trained, train: result?.counts?.['trainPatients'], test: result?.counts?.['testPatients'], fingerprint: result?.fingerprint };
  }
  interface Used {
    readonly outcomes?: Readonly<Record<string, number>>;
    readonly counts?: Readonly<Record<string, bigint>>;
    readonly fingerprint: string;
  }
  const object = (...ids: string[]) => addObjections(world.at('a').state, 'heart', ids);

  it('keeps the rows out of the next step, in training and in evaluation; the source is still the same', async () => {
    const before = await used(world.attempt(1, 0, { seat: 0 }));
    expect(before).toMatchObject({ trained: 40, train: 40n, test: 20n });
    // Row 0 and every third after it are evaluation patients.
    object('P-0', 'P-1', 'P-2', 'P-59');
    const after = await used(world.attempt(2, 0, { seat: 1 }));
    expect(after).toMatchObject({ trained: 37, train: 37n, test: 19n, fingerprint: before.fingerprint });
  });

  it('is honoured by an agent that starts again', async () => {
    await world.restart('a');
    expect(await used(world.attempt(3, 0, { seat: 2 }))).toMatchObject({ trained: 37, train: 37n, test: 19n });
  });

  it('does not let patients who object count towards the fewest that this site takes part with', async () => {
    object(...Array.from({ length: 51 }, (_, row) => `P-${row}`));
    const last = world.contributeTask(world.attempt(4, 0, { seat: 3 }));
    await expect(world.perform('a', last)).rejects.toMatchObject({ refusal: { code: 'COHORT_TOO_SMALL' } });
  });

  it('stops every step while its list cannot be read', async () => {
    writeFileSync(join(world.at('a').root, 'state', 'objections', 'heart.list'), 'P-1\n');
    await expect(world.perform('a', world.contributeTask(world.attempt(4, 0, { seat: 3 })))).rejects.toMatchObject({
      code: 'OBJECTIONS_UNREADABLE',
    });
  });
});
