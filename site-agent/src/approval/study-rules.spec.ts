import { rmSync } from 'node:fs';
import { UNSUPPORTED_OPERATIONS, type ChosenEngine, type UnsupportedOperation } from '@consilium/learning';
import { parseYaml, resolveStudy, StudyFile, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { heartTable, noisyYaml } from '../../test/study-world.js';
import { recordEngine } from '../state/engine-record.js';

const world = new CliWorld();
beforeAll(async () => {
  await world.start();
  world.write('heart.csv', heartTable(0));
});
afterAll(() => world.stop());
beforeEach(() => world.settings({ policy: '{ modes: [patient/distributed], deltaMax: 0.5 }' }));

const propose = (from: string | RegExp, to: string) =>
  world.propose(studySpecification(resolveStudy(parseYaml(noisyYaml().replace(from, to), StudyFile, 'study'), sealParameters)));
const approve = (hash: string) => world.json(`study approve ${hash} --yes`);

describe('before an officer signs', () => {
  it('a larger delta than the site allows is refused, with what it allows', async () => {
    const hash = propose('delta: 1.0e-4', 'delta: 2.0e-4');
    world.settings({ policy: '{ modes: [patient/distributed], deltaMax: 1.0e-4 }' });
    expect(await approve(hash)).toMatchObject({
      code: 5,
      error: { code: 'POLICY_DELTA', message: 'The site takes part only in studies with a delta of at most 0.0001.' },
    });
    world.settings({ policy: '{ modes: [patient/distributed], deltaMax: 2.0e-4 }' });
    expect(await approve(hash)).toMatchObject({ code: 0 });
  });

  it('a delta of 1e-5 is the most without a word in site.yaml', async () => {
    world.settings({ policy: '{ modes: [patient/distributed] }' });
    expect(await approve(propose('delta: 1.0e-4', 'delta: 1.0e-5'))).toMatchObject({ code: 0 });
    expect(await approve(propose('delta: 1.0e-4', 'delta: 1.1e-5'))).toMatchObject({ code: 5, error: { code: 'POLICY_DELTA' } });
  });

  it('a delta above 1 over the number of patients gives a warning, and no refusal', async () => {
    const careless = propose('delta: 1.0e-4', 'delta: 0.017');
    const answer = await approve(careless);
    expect(answer).toMatchObject({ code: 0, data: { warnings: [expect.stringContaining('more than 1 over the 60 patients')] } });
    expect(answer.stderr).toContain('Warning: privacy.delta is 0.017');
    expect((await approve(propose('delta: 1.0e-4', 'delta: 0.016'))).data['warnings']).toEqual([]);
    // What travels says nothing of it.
    expect(world.received.map(({ request }) => request.statement.toString()).join()).not.toMatch(/patients|warning/i);
  });

  it.each([
    [40, 0],
    [41, 0],
    [39, 0],
    [42, 5],
    [38, 5],
    [400, 5],
  ])('a public size of %i, at a site with 40 training patients, ends with exit %i', async (size, code) => {
    const answer = await approve(propose('a: 40', `a: ${size}`));
    expect(answer.code).toBe(code);
    if (code > 0) expect(answer.error.code).toBe('PUBLIC_SIZE');
  });

  it('a model that the engine here cannot train is refused, by the name of the operation; another engine may take it', async () => {
    const cannot = UNSUPPORTED_OPERATIONS.wasm as UnsupportedOperation[];
    cannot.push({ op: 'matrix-product', why: 'a test says so', messages: [] });
    try {
      const hash = propose('a: 40', 'a: 41');
      expect(await approve(hash)).toMatchObject({
        code: 5,
        error: { code: 'ENGINE_UNSUPPORTED', message: "The site's engine cannot run matrix-product." },
      });
      world.inState((state) => recordEngine(state, { name: 'native', why: 'a test says so' } as ChosenEngine));
      expect(await approve(hash)).toMatchObject({ code: 0 });
    } finally {
      cannot.pop();
      world.inState((state) => rmSync(state.layout.engine, { force: true }));
    }
  });

  it('leaves the public sizes of others to them', async () => {
    expect(await approve(propose('b: 40, c: 40', 'b: 990, c: 20'))).toMatchObject({ code: 0 });
  });
});

describe('cohort check', () => {
  it('prints the public size, also from a study that still lacks it', async () => {
    world.write('draft.yaml', noisyYaml().replace(/publicSizes: \{.*?\},/, ''));
    expect((await world.run('cohort check heart --study draft.yaml')).stdout).toContain('Public size 40:');
    expect((await world.json('cohort check heart --study draft.yaml')).data).toMatchObject({ publicSizes: [40] });
  });

  it('gives none of a cohort that is refused, and takes no draft that is wrong elsewhere', async () => {
    world.settings({ policy: '{ modes: [patient/distributed], minPatients: 61 }' });
    const { code, stdout } = await world.run('cohort check heart --study draft.yaml');
    expect([code, stdout.includes('Public size')]).toEqual([5, false]);
    world.write(
      'wrong.yaml',
      noisyYaml()
        .replace(/publicSizes: \{.*?\},/, '')
        .replace('release:', 'relase:'),
    );
    expect(await world.json('cohort check heart --study wrong.yaml')).toMatchObject({ code: 2, error: { code: 'INVALID_FILE' } });
  });
});
