import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml, resolveStudy, StudyFile, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { heartTable, noisyYaml, studyYaml } from '../../test/study-world.js';
import { parseConfig, type SiteConfig } from '../config/index.js';
import { refusalOf } from '../rounds/site-refused.js';
import { overlapGate } from './overlap-gate.js';

const world = new CliWorld();
/** Patients P-0 to P-59 are those of cohort heart. */
const patients = (from: number, count: number, column = 'case') =>
  [`visit;${column}`, ...Array.from({ length: count }, (_, row) => `${row};P-${from + row}`)].join('\n');

beforeAll(async () => {
  await world.start();
  world.write('heart.csv', heartTable(0, { ids: true }));
  world.write('all.csv', patients(0, 60));
  world.write('half.csv', patients(30, 400));
  world.write('one.csv', patients(59, 400));
  world.write('none.csv', patients(60, 60));
  world.write('many.csv', ['pid', ...Array.from({ length: 100 }, (_, row) => `P-${row - 40}`)].join('\n'));
  world.write('wrong.csv', patients(60, 60, 'fall'));
  for (const [name, yaml] of Object.entries({ noisy: noisyYaml(), exact: studyYaml(['a', 'b', 'c']) }))
    studies.set(name, world.propose(studySpecification(resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters))));
});
afterAll(() => world.stop());
const studies = new Map<string, string>();

interface Populations {
  /** What cohort stroke is made of. */
  readonly table: string;
  /** What cohort heart is made of. */
  readonly own?: string;
  readonly heart?: string;
  readonly stroke?: string;
  readonly strokeIn?: 'heart' | 'stroke';
}

/** Cohort heart, over population heart, and cohort stroke beside it. */
function populations({
  table,
  own = 'heart.csv',
  heart = 'patientId: pid',
  stroke = 'patientId: case',
  strokeIn = 'stroke',
}: Populations): SiteConfig {
  world.settings();
  const path = join(world.root, 'site.yaml');
  const budget = 'privacy: { epsilonLimit: 50, delta: 1.0e-4, largerDelta: true }';
  const text = readFileSync(path, 'utf8')
    .replace(/^populations.*$/m, `populations: { heart: { ${heart}, ${budget} }, stroke: { ${stroke} } }`)
    .replace(/^policy.*$/m, 'policy: { modes: [none, patient/distributed], deltaMax: 0.5 }')
    .replace('heart.csv } } }', `${own} } }, stroke: { population: ${strokeIn}, source: { type: csv, separator: ";", path: ${table} } } }`);
  writeFileSync(path, text);
  return parseConfig(text, path);
}
const approve = (study = 'noisy') => world.json(`study approve ${studies.get(study) ?? ''} --yes`);

describe('patients in two populations', () => {
  it('refuse a study that counts them, with names and a whole percentage only', async () => {
    populations({ table: 'half.csv' });
    const { code, error } = await approve();
    expect({ code, error }).toMatchObject({ code: 5, error: { code: 'POPULATION_OVERLAP' } });
    expect(error.message).toBe(
      'Cohorts heart (population heart) and stroke (population stroke) share 50% of the patients of the smaller one, and each population counts them in a ledger of its own.',
    );
    expect(error.fix).toContain('populations.heart.overlaps: [stroke]');
    expect(JSON.stringify(error)).not.toMatch(/P-\d|\b30\b|\b60\b|\b400\b/);
  });

  it('refuse none that counts nobody', async () => {
    populations({ table: 'all.csv' });
    expect(await approve('exact')).toMatchObject({ code: 0, data: { warnings: [] } });
  });

  it.each([
    ['heart', { heart: 'patientId: pid, overlaps: [stroke]' }],
    ['stroke', { stroke: 'patientId: case, overlaps: [heart]' }],
  ])('are accepted where population %s declares it, and the officer is told', async (_, declared) => {
    populations({ table: 'all.csv', ...declared });
    expect(await approve()).toMatchObject({
      code: 0,
      data: { warnings: [expect.stringContaining('are declared to share patients') as string] },
    });
  });

  it('are accepted where there are none, and refused for one in 60: more than 1% of the smaller cohort', async () => {
    populations({ table: 'none.csv' });
    expect(await approve()).toMatchObject({ code: 0, data: { warnings: [] } });
    populations({ table: 'one.csv' });
    expect(await approve()).toMatchObject({ code: 5, error: { message: expect.stringContaining('share 2% of') as string } });
  });

  it('are no question inside one population', async () => {
    populations({ table: 'all.csv', strokeIn: 'heart' });
    expect(await approve()).toMatchObject({ code: 0, data: { warnings: [] } });
  });

  it('are not known without an identifier on both sides: the officer is warned', async () => {
    for (const side of [{ heart: 'overlaps: []' }, { stroke: 'overlaps: []' }]) {
      populations({ table: 'all.csv', ...side });
      const { code, data } = await approve();
      expect({ code, data }).toMatchObject({ code: 0, data: { warnings: [expect.stringContaining('is not known') as string] } });
    }
  });

  it('are not taken for none where the other cohort cannot be read', async () => {
    for (const table of ['wrong.csv', 'gone.csv']) {
      populations({ table });
      const { code, error } = await approve();
      expect({ code, error }).toMatchObject({ code: 5, error: { code: 'DATA_UNREADABLE' } });
      expect(error.message).toContain(`stroke cannot be read: ${table === 'wrong.csv' ? 'The first row' : 'source.path matches no file'}`);
    }
    populations({ table: 'gone.csv', heart: 'patientId: pid, overlaps: [stroke]' });
    expect((await approve()).code).toBe(0);
  });

  it('are named by cohort check, which refuses nothing for it', async () => {
    world.write('study.yaml', noisyYaml());
    populations({ table: 'half.csv' });
    expect(await world.run('cohort check heart --study study.yaml')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('share 50% of the patients') as string,
    });
  });
});

describe('the gate before a ledger', () => {
  const layout = () => world.inState((state) => state.layout);

  it('refuses what site.yaml says by now, and tells others of the study’s population alone', async () => {
    const refused: unknown = await overlapGate(layout(), populations({ table: 'all.csv' }))('heart').catch((error: unknown) => error);
    expect(refusalOf(refused)).toEqual({ code: 'POPULATION_OVERLAP', fields: { population: 'heart' } });
  });

  it('reads a cohort once that has passed, and again one that has not', async () => {
    const gate = overlapGate(layout(), populations({ table: 'late.csv' }));
    await expect(gate('heart')).rejects.toMatchObject({ refusal: { code: 'DATA_UNREADABLE', fields: {} } });
    world.write('late.csv', patients(60, 60));
    await gate('heart');
    world.write('late.csv', patients(0, 60));
    await gate('heart');
  });

  it('lets 1% of the smaller cohort pass, and no more', async () => {
    for (const from of [59, 58]) {
      world.write('few.csv', patients(from, 400));
      const passed = overlapGate(
        layout(),
        populations({ table: 'few.csv', own: 'many.csv' }),
      )('heart').then(
        () => true,
        () => false,
      );
      expect(await passed).toBe(from === 59);
    }
  });

  it('keeps one key of mode 0600 for the site, and neither identifiers nor hashes', () => {
    const { keys, directory } = layout();
    const [key, ...more] = readdirSync(keys).filter((name) => name.startsWith('overlap'));
    expect([key, more]).toEqual(['overlap.key', []]);
    const { size, mode } = statSync(join(keys, 'overlap.key'));
    expect([size, mode & 0o777]).toEqual([32, 0o600]);
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name)).toString('latin1')).not.toMatch(/\bP-\d/);
  });
});

describe('overlaps in site.yaml', () => {
  it('name another population of the file', () => {
    for (const name of ['heart', 'liver'])
      expect(() => populations({ table: 'all.csv', heart: `patientId: pid, overlaps: [${name}]` })).toThrow(
        /not another one of populations/,
      );
  });
});
