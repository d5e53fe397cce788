import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createOfficerKey } from '@consilium/identity';
import { loadConfig, type CoordinatorFile } from '../../coordinator/src/config/index.js';
import { parseConfig } from '../../site-agent/src/config/index.js';

const EXAMPLES = new URL('../../deploy/examples/', import.meta.url);
const example = (name: string) => readFile(new URL(name, EXAMPLES), 'utf8');
/** Settings that are switched off stand behind a "#" without a space. */
const switchedOn = (text: string) => text.replace(/^#(?=\w)/gm, '');

describe('the example of coordinator.yaml', () => {
  let directory: string;
  beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'consilium-examples-'))));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function load(text: string) {
    const file = join(directory, 'coordinator.yaml');
    await writeFile(file, text);
    return loadConfig({ config: file }, {});
  }

  it('is what the coordinator reads, as it stands', async () => {
    const config = await load(await example('coordinator.yaml'));
    expect(config).toMatchObject({
      consortium: 'heart.example',
      grpc: { publicAddress: 'coord.heart.example:7443' },
      notices: {},
      databaseUrl: undefined,
    });
  });

  it('keeps people on this machine and sites on the address of their tokens', async () => {
    const { grpc, http } = await load(await example('coordinator.yaml'));
    expect(http.host).toBe('127.0.0.1');
    expect(grpc.serverNames.map((name) => `${name}:${grpc.port}`)).toContain(grpc.publicAddress);
  });

  it('can be switched to a database of its own, whose URL stands in a closed file', async () => {
    const secret = join(directory, 'database.url');
    await writeFile(secret, 'postgres://consilium:secret@db.example/consilium\n', { mode: 0o600 });
    const file = parse(switchedOn(await example('coordinator.yaml'))) as CoordinatorFile;
    expect(file.databaseUrlFile).toBe('/etc/consilium/database.url');
    expect((await load(stringify({ ...file, databaseUrlFile: secret }))).databaseUrl).toBe(
      'postgres://consilium:secret@db.example/consilium',
    );
  });

  it('would be refused with a field that the coordinator does not know', async () => {
    const text = (await example('coordinator.yaml')).replace('publicAddress:', 'publicAdress:');
    await expect(load(text)).rejects.toMatchObject({ code: 'INVALID_FILE', fix: 'Did you mean "publicAddress"?' });
  });
});

describe('the example of site.yaml', () => {
  const FILE = '/etc/consilium/site.yaml';
  let directory: string;
  beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'consilium-examples-'))));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is what the agent reads, as it stands and with everything switched on', async () => {
    const text = await example('site.yaml');
    expect(parseConfig(text, FILE)).toMatchObject({
      site: 'basel',
      coordinator: 'coord.heart.example:7443',
      keyFiles: { allowGroupRead: false },
    });
    await writeFile(join(directory, 'dpo.pub'), (await createOfficerKey()).publicKey);
    const all = parseConfig(switchedOn(text), join(directory, 'site.yaml'));
    expect(all).toMatchObject({
      keyFiles: { allowGroupRead: true },
      threads: 4,
      hours: { opens: 1_140, closes: 360 },
      officers: [{ file: join(directory, 'dpo.pub') }],
    });
  });

  it('offers one cohort, by patients, and no cohort as public', async () => {
    const { cohorts } = parseConfig(await example('site.yaml'), FILE);
    expect([...cohorts.values()]).toMatchObject([
      { name: 'heart', population: 'heart', patientId: 'pid', public: false, source: { path: '/data/heart/*.csv' } },
    ]);
  });

  it('names every group of settings that the agent knows', async () => {
    const { shape } = await import('../../site-agent/src/config/site-file.js').then(({ SiteFile }) => SiteFile);
    expect(Object.keys(parse(switchedOn(await example('site.yaml'))) as object).sort()).toEqual(Object.keys(shape).sort());
  });

  it('would be refused with a field that the agent does not know', async () => {
    const text = (await example('site.yaml')).replace('minPatients:', 'minPatient:');
    expect(() => parseConfig(text, FILE)).toThrow(
      expect.objectContaining({ code: 'INVALID_FILE', fix: expect.stringContaining('minPatients') as string }) as Error,
    );
  });
});
