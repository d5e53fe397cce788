import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from './download-heart.js';
import { fileName, HOSPITALS, type Hospital } from './heart-columns.js';
import type { HeartRecord, HospitalRecord } from './heart-record.js';
import { locateHeartData, type HeartData, type HeartDataOptions } from './locate-heart-data.js';
import { syntheticHeart } from './synthetic-heart.js';

/** A world of its own in the place of the real data, which the project does not carry. */
const WORLD = new Map([...syntheticHeart()].map(([hospital, csv]) => [hospital, csv.replaceAll(',0.7,', ',0.8,')]));
const RECORD = Object.fromEntries([...WORLD].map(([hospital, csv]) => [hospital, recordOf(csv)])) as HeartRecord;

let root: string;
let server: Server | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heart-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(root, { recursive: true, force: true });
});

describe('finding the four hospitals', () => {
  it("takes the folder that --data names before any other, or its 'heart-disease'", async () => {
    const named = place('named');
    place('elsewhere/heart-disease');
    place('shared/data/heart-disease');
    const environment = { CONSILIUM_DATA: join(root, 'elsewhere') };
    expect(await locate({ dataDir: named, environment })).toEqual({ kind: 'real', directory: named });
    expect(await locate({ dataDir: join(root, 'elsewhere') })).toEqual({ kind: 'real', directory: join(root, 'elsewhere/heart-disease') });
  });

  it('refuses a folder named by --data that lacks a file, and uses nothing else instead', async () => {
    const named = place('named');
    rmSync(join(named, 'va.csv'));
    place('shared/data/heart-disease');
    await expect(locate({ dataDir: named })).rejects.toMatchObject({ code: 'DATA_NOT_FOUND', errorClass: 'usage' });
  });

  it('takes CONSILIUM_DATA, then the folder beside the project', async () => {
    const beside = place('shared/data/heart-disease');
    expect(await locate({})).toEqual({ kind: 'real', directory: beside });
    const elsewhere = place('elsewhere/heart-disease');
    expect(await locate({ environment: { CONSILIUM_DATA: join(root, 'elsewhere') } })).toEqual({ kind: 'real', directory: elsewhere });
  });

  it('never takes invented patients for real ones, also when --data names them', async () => {
    const { directory } = await locate({ environment: { CONSILIUM_UCI_URL: 'http://127.0.0.1:9/' } });
    expect(await locate({ dataDir: directory })).toMatchObject({ kind: 'synthetic', directory });
  });
});

describe('getting the four hospitals from the archive', () => {
  it('downloads them once and turns them into the known bytes', async () => {
    let requests = 0;
    const address = await serve((request, response) => {
      requests += 1;
      expect(request.headers.authorization).toBeUndefined();
      response.end(archiveFile(request.url));
    });
    const data = await locate({ environment: { CONSILIUM_UCI_URL: `${address}heart-disease` } });
    expect(data).toEqual({ kind: 'downloaded', directory: join(root, 'cache/consilium/heart-disease') });
    for (const hospital of HOSPITALS) expect(readFileSync(join(data.directory, fileName(hospital)), 'utf8')).toBe(WORLD.get(hospital));
    expect(await locate({ environment: { CONSILIUM_UCI_URL: `${address}heart-disease` } })).toEqual(data);
    expect(requests).toBe(4);
  });

  it('downloads again when what it kept was changed', async () => {
    const address = await serve((request, response) => response.end(archiveFile(request.url)));
    const { directory } = await locate({ environment: { CONSILIUM_UCI_URL: address } });
    writeFileSync(join(directory, 'va.csv'), 'changed');
    expect(await locate({ environment: { CONSILIUM_UCI_URL: address } })).toEqual({ kind: 'downloaded', directory });
    expect(readFileSync(join(directory, 'va.csv'), 'utf8')).toBe(WORLD.get('va'));
  });

  it.each<[string, RequestListener, RegExp]>([
    ['the archive lacks a file', missing('va'), /answered 404 for va\.$/],
    ['a value has changed', changed('hungarian'), /file of hungarian is not the one this project knows: its content hash differs\.$/],
    ['a page comes instead', (_, response) => response.end('<html>Sign in</html>'), /is not the one this project knows: it has 1 rows/],
    ['the archive is silent', () => undefined, /did not hand over the files within 0\.3 s\.$/],
    ['the archive stops half way', (_, response) => response.write('63.0,1.0'), /did not hand over the files within 0\.3 s\.$/],
    ['the archive hangs up', (request) => request.socket.destroy(), /could not be reached \(\w+\)\.$/],
    ['the archive never ends', (_, response) => response.end('1'.repeat(2_000_000)), /it is larger than 1048576 bytes\.$/],
  ])('invents patients and says why when %s', async (_, listener, reason) => {
    const address = await serve(listener);
    expectInvented(await locate({ environment: { CONSILIUM_UCI_URL: address }, timeoutMs: 300 }), reason);
  });

  it('invents patients and says why when nobody answers', async () => {
    const address = await serve(() => undefined);
    await new Promise((closed) => server?.close(closed));
    expectInvented(await locate({ environment: { CONSILIUM_UCI_URL: address } }), /could not be reached \(ECONNREFUSED\)\.$/);
  });

  it('refuses an address that is none', async () => {
    await expect(locate({ environment: { CONSILIUM_UCI_URL: 'ftp://archive' } })).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
  });

  it('says so when it cannot keep the files', async () => {
    writeFileSync(join(root, 'cache'), 'a file where the cache should be');
    const address = await serve((request, response) => response.end(archiveFile(request.url)));
    await expect(locate({ environment: { CONSILIUM_UCI_URL: address } })).rejects.toMatchObject({ code: 'CACHE_NOT_WRITABLE' });
  });
});

function locate(options: Partial<HeartDataOptions>): Promise<HeartData> {
  const environment = { XDG_CACHE_HOME: join(root, 'cache'), ...options.environment };
  return locateHeartData({ projectRoot: join(root, 'consilium'), record: RECORD, ...options, environment });
}

function expectInvented(data: HeartData, reason: RegExp): void {
  const directory = join(root, 'cache/consilium/heart-disease-synthetic');
  expect(data).toEqual({ kind: 'synthetic', directory, reason: expect.stringMatching(reason) });
  for (const [hospital, csv] of syntheticHeart()) expect(readFileSync(join(directory, fileName(hospital)), 'utf8')).toBe(csv);
}

/** The four files in a folder below the test's root. */
function place(folder: string): string {
  mkdirSync(join(root, folder), { recursive: true });
  for (const [hospital, csv] of WORLD) writeFileSync(join(root, folder, fileName(hospital)), csv);
  return join(root, folder);
}

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((listening) => started.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/`;
}

function missing(lost: Hospital): RequestListener {
  return (request, response) => {
    if (request.url?.includes(lost)) response.writeHead(404).end('Not Found');
    else response.end(archiveFile(request.url));
  };
}

function changed(hospital: Hospital): RequestListener {
  return (request, response) => {
    const text = archiveFile(request.url);
    response.end(request.url?.includes(hospital) ? text.replace(/\d/, (digit) => (digit === '4' ? '5' : '4')) : text);
  };
}

/** A file as the archive writes it: no header, no split, `63.0` for 63, `.7` for 0.7, `?` for nothing. */
function archiveFile(url: string | undefined): string {
  const hospital = HOSPITALS.find((name) => url?.endsWith(`/processed.${name}.data`));
  const [, ...lines] = (hospital === undefined ? '' : (WORLD.get(hospital) ?? '')).trimEnd().split('\n');
  const rows = lines.map((line) =>
    line
      .split(',')
      .slice(0, -1)
      .map((value) => uciNumber(value, hospital === 'cleveland')),
  );
  return rows.map((row) => `${row.join(',')}\n`).join('');
}

function uciNumber(value: string, alwaysPoint: boolean): string {
  if (value === '') return '?';
  if (alwaysPoint) return value.includes('.') ? value : `${value}.0`;
  return value.replace(/^(-?)0\./, '$1.');
}

function recordOf(csv: string): HospitalRecord {
  const splits = csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').at(-1));
  const rowsOf = (part: string): number[] => splits.flatMap((split, index) => (split === part ? [index + 1] : []));
  return { rows: splits.length, sha256: sha256(csv), train: rowsOf('train'), test: rowsOf('test') };
}
