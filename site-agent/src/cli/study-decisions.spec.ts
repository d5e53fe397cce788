import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { verifyStatement } from '@consilium/identity';
import { parseYaml, resolveStudy, STATEMENTS, statementJson, StudyFile, studySpecification, type StudyHash } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { approvedStudy } from '../approval/index.js';
import { loadConfig } from '../config/index.js';
import { findApproval, findPause, saveApproval } from '../state/index.js';
import { heartTable, noisyYaml } from '../../test/study-world.js';

const specification = studySpecification(resolveStudy(parseYaml(noisyYaml(), StudyFile, 'study'), sealParameters));
const POLICY = '{ modes: [patient/distributed], deltaMax: 1.0e-3 }';
const OFFICERS = 'officers: [dpo.pub]\n';

const world = new CliWorld();
let hash: StudyHash;

beforeAll(async () => {
  await world.start();
  world.write('heart.csv', heartTable(0));
  for (const name of ['dpo', 'other']) expect((await world.run(`officer key new -o ${name}.key`)).code).toBe(0);
  hash = world.propose(specification);
});
afterAll(() => world.stop());
beforeEach(() => {
  world.settings({ policy: POLICY, more: OFFICERS });
  world.received.length = 0;
  world.inState((state) => state.database.exec('DELETE FROM pause; DELETE FROM approval'));
});

const approve = (more = '') => world.json(`study approve ${hash} --yes${more}`);
const atWork = () => world.inState((state) => approvedStudy(state, hash, loadConfig(join(world.root, 'site.yaml'))));
const refusalAtWork = () => {
  try {
    return void atWork();
  } catch (error) {
    return (error as { readonly refusal: unknown }).refusal;
  }
};

describe('officer key new', () => {
  it('makes a private line of mode 0600 and a public one, and replaces neither', async () => {
    expect(statSync(join(world.root, 'dpo.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(world.root, 'dpo.key'), 'utf8')).toMatch(/^consilium-officer-key-1\.[\w-]{43}\n$/);
    expect(readFileSync(join(world.root, 'dpo.pub'), 'utf8')).toMatch(/^consilium-officer-1\.[\w-]{43}\n$/);
    expect(await world.json('officer key new -o dpo.key')).toMatchObject({ code: 2, error: { code: 'KEY_EXISTS' } });
  });

  it('is refused as configuration when it is the private half, or no key', async () => {
    for (const file of ['dpo.key', 'heart.csv', 'missing.pub']) {
      world.settings({ policy: POLICY, more: `officers: [${file}]\n` });
      expect(await world.json('config check')).toMatchObject({ code: 2, error: { code: 'OFFICER_KEY_INVALID' } });
    }
  });
});

describe('an approval at a site with officers', () => {
  it('carries its limits, and the signatures of the officer and of the site over them', async () => {
    const answer = await approve(' --key dpo.key --epsilon-limit 3.5 --until 2999-12-31 --reason DPIA-2026-31');
    expect(answer).toMatchObject({ code: 0, data: { epsilonLimit: '3.5', until: '2999-12-31', delivered: true } });
    const { statement, signature } = world.received[0]!.request;
    const { officer, ...terms } = verifyStatement('approval', statement, signature, world.keys.identityPublicKey);
    expect(terms).toMatchObject({ study: hash, epsilonLimit: '3.5', until: '2999-12-31' });
    const word = Buffer.from(officer!.signature, 'hex');
    expect(verifyStatement('officerApproval', statementJson('officerApproval', terms), word, Buffer.from(officer!.key, 'hex'))).toEqual(
      terms,
    );
    expect(atWork().approval).toMatchObject({ reason: 'DPIA-2026-31' });
    expect(statement.toString()).not.toContain('DPIA');
    expect((await world.run(`study show ${hash}`)).stdout).toContain('epsilon at most 3.5, signed by an officer');
  });

  it('is not given without a key, or with the key of somebody else: exit 4, nothing signed', async () => {
    expect(await approve()).toMatchObject({ code: 4, error: { code: 'OFFICER_KEY_NEEDED' } });
    expect(await approve(' --key other.key')).toMatchObject({ code: 4, error: { code: 'OFFICER_UNKNOWN' } });
    expect(await approve(' --key dpo.pub')).toMatchObject({ code: 2 });
    expect(await approve(' --key missing.key')).toMatchObject({ code: 2, error: { code: 'OFFICER_KEY_MISSING' } });
    expect(world.received).toEqual([]);
    expect(refusalAtWork()).toEqual({ code: 'NOT_APPROVED', fields: {} });
  });

  it('takes the key from standard input, so that it need not lie at the site', async () => {
    const stdin = readFileSync(join(world.root, 'dpo.key'), 'utf8');
    expect(await world.json(`study approve ${hash} --key - --yes`, { stdin })).toMatchObject({ code: 0 });
    expect(atWork().study.name).toBe('heart-lr');
  });

  it('does not take a key that others can read', async () => {
    const { chmodSync } = await import('node:fs');
    chmodSync(join(world.root, 'dpo.key'), 0o644);
    expect(await approve(' --key dpo.key')).toMatchObject({ code: 2, error: { code: 'FILE_MODE' } });
    chmodSync(join(world.root, 'dpo.key'), 0o600);
  });

  it.each([
    ['a loosened epsilon', { epsilonLimit: '9' }],
    ['no limit any more', { epsilonLimit: null }],
    ['a later day', { until: '3000-12-31' }],
    ['a release in advance', { release: 'in-advance' as const }],
    ['the word of no officer', { officer: null }],
  ])('is none with %s, whoever wrote it down', async (_, change) => {
    await approve(' --key dpo.key --epsilon-limit 3.5 --until 2999-12-31');
    world.inState((state) => {
      const { statement, signature } = findApproval(state, hash)!;
      saveApproval(state, { ...statement, ...change }, signature);
    });
    expect(refusalAtWork()).toEqual({ code: 'NOT_APPROVED', fields: {} });
  });

  it('is none for another study, or at another site', async () => {
    await approve(' --key dpo.key');
    world.inState((state) => {
      const { statement, signature } = findApproval(state, hash)!;
      saveApproval(state, { ...statement, site: 'b' as never }, signature);
    });
    expect(refusalAtWork()).toEqual({ code: 'NOT_APPROVED', fields: {} });
  });

  it('ends when its officer is taken out of site.yaml', async () => {
    await approve(' --key dpo.key');
    expect(atWork().study.name).toBe('heart-lr');
    world.settings({ policy: POLICY, more: 'officers: [other.pub]\n' });
    expect(refusalAtWork()).toEqual({ code: 'NOT_APPROVED', fields: {} });
  });

  it('has no epsilon limit that is not one', async () => {
    for (const limit of ['NaN', 'Infinity', '-1', '0', '1e3', '0x4', '1001', '4,5'])
      expect(await approve(` --key dpo.key --epsilon-limit=${limit}`)).toMatchObject({ code: 2, error: { code: 'INVALID_EPSILON' } });
    expect(STATEMENTS.approval.shape.epsilonLimit.safeParse('NaN').success).toBe(false);
  });

  it('are not signed with a limit below what the study costs: the site would take part in no step of it', async () => {
    const answer = await approve(' --key dpo.key --epsilon-limit 0.01');
    expect(answer).toMatchObject({ code: 2, error: { code: 'EPSILON_ABOVE_LIMIT' } });
    expect(world.received.some(({ call }) => call === 'submit')).toBe(false);
  });
});

describe('a site without officers', () => {
  it('approves with its own key, as before', async () => {
    world.settings({ policy: POLICY });
    expect(await approve()).toMatchObject({ code: 0, data: { officer: null } });
    expect(atWork().study.name).toBe('heart-lr');
  });

  it('has nobody whose key a --key could be', async () => {
    world.settings({ policy: POLICY });
    expect(await approve(' --key dpo.key')).toMatchObject({ code: 4, error: { code: 'OFFICER_UNKNOWN' } });
  });
});

describe('pause and resume', () => {
  beforeEach(() => approve(' --key dpo.key'));

  it('act from the next step on, by anybody at the site, and say what stays spent', async () => {
    const { stdout, code } = await world.run(`study pause ${hash}`);
    expect(code).toBe(0);
    expect(stdout).toContain('nothing is spent');
    expect(refusalAtWork()).toEqual({ code: 'PAUSED', fields: { by: 'site' } });
    expect(world.received.at(-1)).toMatchObject({ call: 'pause' });
    expect(await world.json(`study resume ${hash}`)).toMatchObject({ code: 0 });
    expect(atWork().study.name).toBe('heart-lr');
    const said = world.received.slice(-2).map(({ request: { statement, signature } }) => {
      return verifyStatement('pause', statement, signature, world.keys.identityPublicKey).decision;
    });
    expect(said).toEqual(['pause', 'resume']);
  });

  it('need an officer again where an officer paused; nobody turns that pause into a weaker one', async () => {
    expect(await world.json(`study pause ${hash} --key dpo.key`)).toMatchObject({ code: 0, data: { by: 'officer' } });
    expect(await world.json(`study pause ${hash}`)).toMatchObject({ code: 0, data: { by: 'officer' } });
    expect(await world.json(`study resume ${hash}`)).toMatchObject({ code: 4, error: { code: 'OFFICER_KEY_NEEDED' } });
    expect(await world.json(`study resume ${hash} --key other.key`)).toMatchObject({ code: 4, error: { code: 'OFFICER_UNKNOWN' } });
    expect(refusalAtWork()).toEqual({ code: 'PAUSED', fields: { by: 'officer' } });
    expect(await world.json(`study resume ${hash} --key dpo.key`)).toMatchObject({ code: 0 });
    expect(atWork().study.name).toBe('heart-lr');
  });

  it('are told to the coordinator later when it is away', async () => {
    world.settings({ policy: POLICY, more: OFFICERS, away: true });
    expect(await world.json(`study pause ${hash}`)).toMatchObject({ code: 3 });
    expect(refusalAtWork()).toMatchObject({ code: 'PAUSED' });
    world.settings({ policy: POLICY, more: OFFICERS });
    world.received.length = 0;
    await world.json(`study pause ${hash}`);
    expect(world.received.map(({ call }) => call)).toEqual(['pause']);
  });

  it('say what left already', async () => {
    world.inState((state) =>
      state.database.exec(
        `INSERT INTO study_upload VALUES ('${hash}', 1, 0, 0, 1, 'x', 'late'), ('${hash}', 1, 1, 0, 1, 'y', 'whole'), ('${hash}', 2, 0, 0, 1, 'z', 'whole')`,
      ),
    );
    expect((await world.run(`study pause ${hash}`)).stdout).toContain('its contributions to 2 rounds.');
    expect((await world.json(`study withdraw ${hash} --yes`)).data['spent']).toMatchObject({ rounds: 2, budget: null });
    expect(refusalAtWork()).toEqual({ code: 'APPROVAL_ENDED', fields: { why: 'withdrawn' } });
    expect(world.inState((state) => findPause(state, hash))).toBeUndefined();
    expect(await world.json(`study pause ${hash}`)).toMatchObject({ code: 5, error: { code: 'NOT_APPROVED' } });
  });
});
