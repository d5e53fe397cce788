import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveStudy, type ConsiliumError, StudyFile, studyHash, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStudyFile } from '../../coordinator/cli/check-study.js';
import { httpWorld } from '../../coordinator/test/http-world.js';
import { approvedStudy } from '../../site-agent/src/approval/index.js';
import { saveApproval } from '../../site-agent/src/state/index.js';
import { CliWorld } from '../../site-agent/test/cli-world.js';
import { heartTable, StudyWorld } from '../../site-agent/test/study-world.js';
import { BAD, GOOD, goodStudy, jsonForms, withForm, yamlForms, type Parameter } from '../support/bad-parameters.js';

const named = ({ field, value }: Parameter): string => `${field}: ${String(value)}`;
const cases = BAD.map((parameter) => [named(parameter), parameter] as const);
const resolved = (file: object) => resolveStudy(StudyFile.parse(file), sealParameters);
const withValue = ({ path: [section, name], value }: Parameter): object => {
  const study = goodStudy();
  study[section] = { ...study[section], [name]: value };
  return study;
};

describe('PRV-3: a meaningless parameter at the coordinator', () => {
  let world: Awaited<ReturnType<typeof httpWorld>>;
  beforeAll(async () => {
    world = await httpWorld();
  });
  afterAll(() => world.close());

  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${world.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { readonly code?: string; readonly errors?: readonly { readonly pointer: string }[] };
    return { status: response.status, answer };
  };

  it('is none in the study that the others differ from', async () => {
    expect((await post('/api/v1/studies/check', { yaml: stringify(goodStudy()) })).status).toBeLessThan(300);
  });

  it.each(cases)('is refused with the name of the field, in YAML and in JSON: %s', async (_, parameter) => {
    const [section, name] = parameter.path;
    const inYaml = (form: string) =>
      stringify({ ...withMark(parameter) })
        .replace('"@here@"', form)
        .replace('@here@', form);
    const texts = [...yamlForms(parameter).map(inYaml), ...jsonForms(parameter).map((form) => withForm(goodStudy(), parameter.path, form))];
    for (const text of texts)
      for (const [path, body] of [
        ['/api/v1/studies/check', { yaml: text }],
        ['/api/v1/studies', { specification: text }],
      ] as const) {
        const { status, answer } = await post(path, body);
        expect(status).toBe(400);
        expect(answer.errors?.map(({ pointer }) => pointer)).toContain(`#/${section}/${name}`);
      }
    expect(world.desk.views.size).toBe(0);
  });

  it('is delta left out', async () => {
    const study = goodStudy();
    delete study['privacy']?.['delta'];
    const { status, answer } = await post('/api/v1/studies', { specification: stringify(study) });
    expect([status, answer.errors?.map(({ pointer }) => pointer)]).toEqual([400, ['#/privacy/delta']]);
  });

  it.each(GOOD.map((parameter) => [named(parameter), parameter] as const))(
    'is none of those that mean something: %s',
    async (_, parameter) => {
      const { status } = await post('/api/v1/studies/check', { yaml: stringify(withValue(parameter)) });
      expect(status).toBeLessThan(300);
    },
  );
});

describe('PRV-3: a meaningless parameter in a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-parameters-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const check = async (text: string) => {
    const path = join(folder, 'study.yaml');
    await writeFile(path, text);
    return await checkStudyFile(path);
  };

  it.each(cases)('is refused by study check with the name of the field, before anybody is asked: %s', async (_, parameter) => {
    const field = parameter.path.join('.');
    const inYaml = (form: string) => stringify(withMark(parameter)).replace('"@here@"', form).replace('@here@', form);
    for (const text of yamlForms(parameter).map(inYaml)) {
      const refusal = await check(text).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'INVALID_FILE', exitCode: 2 });
      expect((refusal as ConsiliumError).problems.map(({ path }) => path)).toContain(field);
    }
  });

  it.each(GOOD.map((parameter) => [named(parameter), parameter] as const))(
    'is none of those that mean something: %s',
    async (_, parameter) => {
      const { price } = await check(stringify(withValue(parameter)));
      for (const shown of [price?.promise.rdp, price?.promise.pld, price?.ifAllOthersCollude.rdp]) expect(shown).toBeGreaterThan(0);
    },
  );
});

const withMark = ({ path: [section, name] }: Parameter): object => {
  const study = goodStudy();
  return { ...study, [section]: { ...study[section], [name]: '@here@' } };
};

describe('PRV-3: a meaningless parameter from a coordinator that skips its own checks', () => {
  const world = new CliWorld();
  beforeAll(async () => {
    await world.start();
    world.settings({ policy: '{ modes: [patient/local] }' });
    // Whoever touched the data would say that they cannot be read.
    rmSync(join(world.root, 'heart.csv'), { force: true });
  });
  afterAll(() => world.stop());

  const crafted = (parameter: Parameter) =>
    jsonForms(parameter).map((form) => Buffer.from(withForm(resolved(goodStudy()), parameter.path, form)));

  it.each(cases)('is refused at the site by itself, before data are touched: %s', async (_, parameter) => {
    const field = parameter.path.join('.');
    for (const specification of crafted(parameter)) {
      const hash = world.propose(specification);
      for (const command of [`study approve ${hash} --yes`, `study show ${hash}`]) {
        const { code, error } = await world.json(command);
        expect([code, error.code]).toEqual([6, 'STUDY_ALTERED']);
        expect(error.message).toContain(field);
      }
    }
    expect(world.received).toEqual([]);
  });

  it('is refused at every step, even where it has got into the state with an approval', () => {
    const [parameter] = BAD.filter(({ field, value }) => field === 'noise_multiplier' && value === 0);
    const [specification] = crafted(parameter!);
    const study = studyHash(specification!);
    world.inState((state) => {
      state.database.prepare('INSERT INTO study VALUES (?, ?, ?)').run(study, specification!, '2026-01-01T00:00:00.000Z');
      const terms = { consortium: 'heart.example', study, site: 'a' as never, decision: 'approve', release: 'ask', until: null } as const;
      const rest = { epsilonLimit: null, agentVersion: '0.1.0', signedAt: '2026-01-01T00:00:00.000Z', officer: null };
      saveApproval(state, { ...terms, ...rest }, Buffer.alloc(64));
      expect(() => approvedStudy(state, study, { officers: [] })).toThrow(/privacy\.noiseMultiplier/);
    });
  });
});

describe('PRV-3: the values that are accepted', () => {
  it('work in a round, all of them in one study', async () => {
    const study = goodStudy();
    for (const { path, value } of GOOD) study[path[0]] = { ...study[path[0]], [path[1]]: value };
    const world = new StudyWorld(stringify(study));
    try {
      await world.start();
      await world.makeKeys();
      await world.openBlock(0, 2);
      await world.round(world.attempt(1, 0));
      expect(new Set(world.names.map((name) => world.digestOf(name, 1))).size).toBe(1);
      expect(world.digestOf('a', 1)).not.toBe(world.digestOf('a', 0));
    } finally {
      await world.stop();
    }
  });

  it('are approved at a site', async () => {
    const world = new CliWorld();
    try {
      await world.start();
      world.write('heart.csv', heartTable(0));
      world.settings({ policy: '{ modes: [patient/local] }' });
      for (const parameter of GOOD) {
        const hash = world.propose(studySpecification(resolved(withValue(parameter))));
        expect(await world.json(`study approve ${hash} --yes`)).toMatchObject({ code: 0 });
      }
    } finally {
      world.stop();
    }
  });
});
