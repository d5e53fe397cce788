import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeState } from '@consilium/learning';
import { readModelBundle, sha256Hex } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';
import { studyBundle } from '../release/study-bundle.js';
import { writePrivateFile } from '../state/index.js';
import { enterStudy } from '../session/enter-study.js';
import { stateOfRound } from './applied-states.js';
import { readState } from './own-state.js';

/** A safetensors file of an intercept of 0.5. */
const HEADER = Buffer.from('{"layer0/bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
const START = Buffer.concat([
  Buffer.from(BigUint64Array.of(BigInt(HEADER.length)).buffer),
  HEADER,
  Buffer.from(Float32Array.of(0.5).buffer),
]);
const weights = mkdtempSync(join(tmpdir(), 'weights-'));
writeFileSync(join(weights, 'intercept.safetensors'), START);
const yaml = studyYaml(['a', 'b', 'c', 'd'], { rounds: 3 })
  .replace('maxWeight: 100', 'maxWeight: 100, localLayers: [layer0/bias], fineTune: { localSteps: 5 }')
  .replace('name: fedadam', 'name: scaffold')
  .replace('l2: 0.01', `l2: 0.01, start: { format: safetensors, sha256: ${sha256Hex(START)}, tensors: [layer0/bias] }`);
const world = new StudyWorld(yaml);

beforeAll(() => world.start());
afterAll(async () => {
  await world.stop();
  rmSync(weights, { recursive: true });
});

const bytes = (name: string, file: string) => readFileSync(join(world.folderOf(name), file));
const numbers = (name: string, file: string) => [...new Float64Array(Uint8Array.from(bytes(name, file)).buffer)];
const at = (name: string) => {
  const { site, config } = world.at(name);
  return { ...enterStudy(site, config, world.hash, () => undefined), study: world.study };
};

/** One study; each test goes on where the one before stopped. */
describe('what stays at each site, an intercept and the control of SCAFFOLD,', () => {
  it('begins with the given weights, and nowhere else where a site lacks them', async () => {
    await expect(world.perform('a', { $case: 'makeKeys', value: { keyEpoch: 0, rosterEpoch: 0 } })).rejects.toMatchObject({
      refusal: { code: 'WEIGHTS', fields: { why: 'missing' } },
    });
    for (const name of world.names) Object.assign(world.at(name).config, { weights });
    await world.makeKeys();
    await world.openBlock(0, 8);
    // Read once: what becomes of the folder later is no matter.
    rmSync(join(weights, 'intercept.safetensors'));
  });

  it('travels in no sum but for the change of the control: what is sealed, agreed and signed has the common tensors alone', () => {
    expect(world.study.derived.tensors.map(({ name }) => name)).toEqual(['layer0/kernel']);
    expect(world.study.derived.localTensors).toEqual([{ name: 'layer0/bias', shape: [1] }]);
    expect(world.study.derived.sums.train.segments[0]).toMatchObject({ name: 'update', values: 2 * world.study.derived.parameterCount });
  });

  it('is the same after a restart and in another attempt of the round, and is not yet current', async () => {
    await world.perform('a', world.contributeTask(world.attempt(1, 0)));
    const learned = bytes('a', 'round-1.local');
    expect(statSync(join(world.folderOf('a'), 'round-1.local')).mode & 0o777).toBe(0o600);
    await world.restart('a');
    await world.perform('a', world.contributeTask(world.attempt(1, 1)));
    expect(bytes('a', 'round-1.local')).toEqual(learned);
    // All that came of the training is gone, and it is done again.
    await world.restart('a', (root) => {
      const folder = join(root, 'state', 'studies', world.hash);
      for (const file of readdirSync(folder)) if (file.startsWith('round-1')) rmSync(join(folder, file));
    });
    await world.perform('a', world.contributeTask(world.attempt(1, 2)));
    expect(bytes('a', 'round-1.local')).toEqual(learned);
    expect(existsSync(join(world.folderOf('a'), 'local-1'))).toBe(false);
  });

  it('is current once the round is applied, at the sites in its list, private and each its own', async () => {
    const attempt = world.attempt(1, 3, { contributors: ['a', 'b', 'c'] });
    // Too late for the list.
    await world.perform('d', world.contributeTask(attempt));
    const task = await world.round(attempt);
    await world.perform('d', task);
    expect(numbers('d', 'round-1.local')).toHaveLength(1 + world.study.derived.parameterCount);
    expect(numbers('d', 'local-1')).toEqual([]);
    for (const name of ['a', 'b', 'c']) {
      expect(statSync(join(world.folderOf(name), 'local-1')).mode & 0o777).toBe(0o600);
      expect(bytes(name, 'local-1')).toEqual(bytes(name, 'round-1.local'));
    }
    const values = ['a', 'b', 'c'].map((name) => numbers(name, 'local-1')[0]);
    expect(values.every((value) => value !== undefined && value !== 0.5 && Math.abs(value - 0.5) < 0.2)).toBe(true);
    expect(new Set(world.names.slice(0, 3).map((name) => world.digestOf(name, 1))).size).toBe(1);
  });

  it('goes on from its own values, and at a site that was not in the list from those it had', async () => {
    await world.round(world.attempt(2, 4));
    expect(numbers('d', 'local-2')).toEqual(numbers('d', 'round-2.local'));
    for (const name of ['a', 'b', 'c', 'd']) expect(numbers(name, 'local-2')).not.toEqual(numbers(name, 'local-1'));
    expect(decodeState(readState(at('a'), stateOfRound(world.at('a').state, world.hash, 2)!), world.study).tensors).toEqual(
      world.study.derived.tensors,
    );
  });

  it('is missed where it is lost, and not quietly begun anew', async () => {
    const file = join(world.folderOf('a'), 'local-2');
    const kept = bytes('a', 'local-2');
    rmSync(file);
    const next = world.attempt(3, 5);
    await expect(world.perform('a', world.contributeTask(next))).rejects.toMatchObject({ code: 'OUT_OF_STEP' });
    writePrivateFile(file, kept);
    await world.perform('a', world.contributeTask(next));
  });

  it('is in the released model as it began, and the model says so', () => {
    const bundle = JSON.parse(readFileSync(studyBundle(at('b'), 2).path, 'utf8')) as {
      localTensors: string[];
      tensors: { name: string; values: number[] }[];
    };
    expect(bundle.localTensors).toEqual(['layer0/bias']);
    expect(bundle.tensors.find(({ name }) => name === 'layer0/bias')?.values).toEqual([0.5]);
    expect(bundle.tensors.find(({ name }) => name === 'layer0/kernel')?.values.some((value) => value !== 0)).toBe(true);
  });

  it('is trained further at each site after the last round, for itself; the common model stays as it is', async () => {
    await world.round(world.attempt(3, 5));
    expect(existsSync(join(world.folderOf('a'), 'own-model.json'))).toBe(false);
    await world.round(world.attempt(4, 6));
    expect(world.digestOf('a', 4)).toBe(world.digestOf('a', 3));
    const own = ['a', 'b', 'c'].map((name) => {
      expect(statSync(join(world.folderOf(name), 'own-model.json')).mode & 0o777).toBe(0o600);
      return readModelBundle(bytes(name, 'own-model.json'));
    });
    expect(own[0]).toMatchObject({ round: 3, totals: {}, tensors: [{ name: 'layer0/kernel' }, { name: 'layer0/bias' }] });
    expect(own[0]?.localTensors).toBeUndefined();
    expect(new Set(own.map(({ tensors }) => JSON.stringify(tensors))).size).toBe(3);
    const [kernel] = decodeState(readState(at('a'), stateOfRound(world.at('a').state, world.hash, 4)!), world.study).weights;
    expect(own[0]?.tensors[0]?.values[0]).not.toBe(kernel);
    expect(Math.abs((own[0]?.tensors[0]?.values[0] ?? 0) - (kernel ?? 0))).toBeLessThan(0.5);
  });
});
