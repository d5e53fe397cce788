import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStudyFile } from '../check-study.js';
import { STUDY_TEMPLATES } from './study-templates.js';

describe('a template', () => {
  let directory: string;
  beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'consilium-template-'))));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const check = async (name: string) => {
    const file = join(directory, `${name}.yaml`);
    await writeFile(file, STUDY_TEMPLATES[name]?.('stroke-2027') ?? '');
    return checkStudyFile(file);
  };

  it.each(Object.keys(STUDY_TEMPLATES))('passes study check as it is written: %s', async (name) => {
    const { study } = await check(name);
    expect(study.name).toBe('stroke-2027');
    expect(study.cohort.name).toBe('stroke');
  });

  it('with privacy costs what it says, at a delta that hospitals take unasked', async () => {
    const { price } = await check('tabular-private');
    expect(price?.delta).toBe(1e-5);
    expect(price?.promise.rdp).toBeLessThanOrEqual(1.5);
  });
});
