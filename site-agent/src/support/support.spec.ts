import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseYaml, resolveStudy, StudyFile, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { heartTable, noisyYaml } from '../../test/study-world.js';
import { makePageLink } from '../page/index.js';
import { recordIncident, stateLayout } from '../state/index.js';
import { ownFrames } from './own-frames.js';

const CANARY = 'CANARY7f3a';
const world = new CliWorld();
let key: string;
let code: string;

beforeAll(async () => {
  await world.start();
  await world.run('officer key new -o dpo.key');
  key = readFileSync(join(world.root, 'dpo.key'), 'utf8').trim().split('.')[1] ?? '';
  renameSync(join(world.root, 'dpo.pub'), join(world.root, `dpo-${CANARY}.pub`));
  const [header = '', ...rows] = heartTable(0).split('\n');
  // In a cell, in a label that no study declares, and in the name of the file.
  world.write(
    `${CANARY}.csv`,
    [`${header},label_${CANARY}`, ...rows.filter(Boolean).map((row, index) => `${row},${CANARY}${index}`)].join('\n'),
  );
  world.settings({
    policy: '{ modes: [patient/distributed], deltaMax: 1.0e-3 }',
    population: `{ patientId: label_${CANARY}, privacy: { epsilonLimit: 5, delta: 1.0e-6 } }`,
    more: `officers: [dpo-${CANARY}.pub]\n`,
  });
  const file = join(world.root, 'site.yaml');
  world.write('site.yaml', readFileSync(file, 'utf8').replace('path: heart.csv', `path: ${CANARY}.csv`));
  const yaml = noisyYaml().replace(/purpose: .*/, `purpose: ${CANARY}`);
  const hash = world.propose(studySpecification(resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters)));
  await world.run('study list');
  await world.run(['study', 'approve', hash, '--yes', '--key', 'dpo.key', '--reason', CANARY]);
  code = makePageLink(stateLayout(join(world.root, 'state')), new Date());
  const own = fileURLToPath(new URL('../main.ts', import.meta.url));
  world.inState((state) =>
    recordIncident(state, {
      study: hash,
      round: 3,
      code: 'INTERNAL',
      detail: `cell ${CANARY} of /data/${CANARY}.csv\n    at ${CANARY} (${own}:12:5)\n    at read (/data/${CANARY}.js:1:1)\n    at node:fs:440:10\n    at x (${own.replace('main.ts', `${CANARY}.ts`)}:1:1)`,
    }),
  );
});
afterAll(() => world.stop());

describe('the support bundle of a site', () => {
  it('shows every file and line before it writes them, and writes no others', async () => {
    const { code: exit, stdout, stderr } = await world.run('support bundle -o out.txt');
    expect(exit).toBe(0);
    expect(stdout).toContain('out.txt holds the lines above and no others');
    const written = readFileSync(join(world.root, 'out.txt'), 'utf8');
    expect(stderr.trimEnd()).toBe(written.trimEnd());
    expect(statSync(join(world.root, 'out.txt')).mode & 0o777).toBe(0o600);
    for (const [, name = '', lines] of written.matchAll(/^holds {4}(\S+) +(\d+) lines$/gm))
      expect(written.split(`=== ${name}\n`)[1]?.split('\n\n')[0]?.trimEnd().split('\n')).toHaveLength(Number(lines));
  });

  it('lists without writing', async () => {
    const { stdout } = await world.run('support bundle -o never.txt --list');
    expect(stdout).toContain('consilium-support-bundle-1');
    expect(() => statSync(join(world.root, 'never.txt'))).toThrow();
  });

  it('holds codes, places in the program and digits of hashes', async () => {
    const { data } = await world.json('support bundle -o never.txt --list');
    const text = String(data['text']);
    expect(text).toContain('"code": "INTERNAL"');
    expect(text).toContain('"site-agent/src/main.ts:12:5"');
    expect(text).toContain('"node:fs:440:10"');
    expect(text).toContain('"decision": "approved"');
  });

  it('holds no canary of a cell, a label, a file’s name, a purpose, a reason or an exception, no key and no token', async () => {
    const everything = JSON.stringify([
      await world.json('support bundle -o never.txt --list'),
      await world.run('support bundle -o again.txt'),
    ]);
    expect(everything).not.toContain(CANARY);
    expect(everything).not.toContain(CANARY.toLowerCase());
    for (const secret of [key, Buffer.from(key, 'base64url').toString('hex'), code, 'PRIVATE KEY', 'BEGIN CERTIFICATE'])
      expect(everything).not.toContain(secret);
    // That it could be seen at all: the incident itself has it.
    expect((await world.run(`incident show ${everythingsIncident(everything)}`)).stdout).toContain(CANARY);
  });

  it('takes of a stack only files of the program that are there', () => {
    expect(ownFrames('at a (/program/site-agent/dist/secret-value.js:1:2)', '/program')).toEqual([]);
    expect(ownFrames('at /etc/passwd:1:1')).toEqual([]);
  });
});

const everythingsIncident = (text: string): string => /incident\\*": \\*"([0-9A-F]{4,6})/.exec(text)?.[1] ?? '';
