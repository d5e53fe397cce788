import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { cacheDirectory, hasAllHospitals, isSynthetic, writeHospitals } from './data-folders.js';
import { downloadHeart, sha256, UCI_HEART_URL } from './download-heart.js';
import { fileName, HOSPITALS } from './heart-columns.js';
import { HEART_RECORD, type HeartRecord } from './heart-record.js';
import { syntheticHeart } from './synthetic-heart.js';

/** Where the four hospitals' CSV files lie, and what they are worth. Every result on `synthetic` data must say so. */
export type HeartData =
  | { readonly kind: 'real' | 'downloaded'; readonly directory: string }
  | { readonly kind: 'synthetic'; readonly directory: string; readonly reason: string };

export interface HeartDataOptions {
  /** `--data DIR`: the folder of the four files, or the one above `heart-disease/`. Named, it must hold them. */
  readonly dataDir?: string | undefined;
  /** Of the process: CONSILIUM_DATA, CONSILIUM_UCI_URL (another address of the archive), XDG_CACHE_HOME, HOME. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder of this repository; `shared/` may lie beside it. */
  readonly projectRoot: string;
  /** For the whole download, in milliseconds. */
  readonly timeoutMs?: number;
  /** What the real data must be; the project's own record unless a test brings its own world. */
  readonly record?: HeartRecord;
}

/** What is no fault of the person at the keyboard: the demo then goes on with invented patients. */
const ARCHIVE_PROBLEMS: ReadonlySet<string> = new Set(['DATA_UNREACHABLE', 'DATA_TIMEOUT', 'DATA_NOT_AS_RECORDED']);

/**
 * Finds the real data of the four hospitals, or gets them from the UCI archive, or invents some and says why: in this
 * order `--data`, `$CONSILIUM_DATA/heart-disease`, `../shared/data/heart-disease`, the cache, the archive, a generator.
 *
 * @throws ConsiliumError DATA_NOT_FOUND when `--data` names a folder without the files, BAD_ADDRESS, CACHE_NOT_WRITABLE
 */
export async function locateHeartData(options: HeartDataOptions): Promise<HeartData> {
  const { dataDir, environment, projectRoot, timeoutMs = 10_000, record = HEART_RECORD } = options;
  if (dataDir !== undefined) return named(resolve(dataDir));

  const root = environment['CONSILIUM_DATA'];
  const local = [
    ...(root === undefined || root === '' ? [] : [resolve(root, 'heart-disease')]),
    resolve(projectRoot, '../shared/data/heart-disease'),
  ].find(hasAllHospitals);
  if (local !== undefined) return described(local);

  const cache = cacheDirectory(environment);
  const kept = join(cache, 'heart-disease');
  if (await isAsRecorded(kept, record)) return { kind: 'downloaded', directory: kept };
  try {
    const baseUrl = environment['CONSILIUM_UCI_URL'] ?? UCI_HEART_URL;
    await writeHospitals(kept, await downloadHeart({ baseUrl, timeoutMs }, record));
    return { kind: 'downloaded', directory: kept };
  } catch (error) {
    if (!(error instanceof ConsiliumError) || !ARCHIVE_PROBLEMS.has(error.code)) throw error;
    const invented = join(cache, 'heart-disease-synthetic');
    await writeHospitals(invented, syntheticHeart(), 'SYNTHETIC: these patients were invented by the demo.\n');
    return { kind: 'synthetic', directory: invented, reason: error.message };
  }
}

function named(directory: string): HeartData {
  const found = [directory, join(directory, 'heart-disease')].find(hasAllHospitals);
  if (found !== undefined) return described(found);
  throw new ConsiliumError({
    code: 'DATA_NOT_FOUND',
    errorClass: 'usage',
    message: `${directory} does not hold ${HOSPITALS.map(fileName).join(', ')}.`,
    fix: 'Name the folder of these four files, or leave --data out.',
  });
}

function described(directory: string): HeartData {
  if (!isSynthetic(directory)) return { kind: 'real', directory };
  return { kind: 'synthetic', directory, reason: `${directory} holds invented patients.` };
}

async function isAsRecorded(directory: string, record: HeartRecord): Promise<boolean> {
  if (!hasAllHospitals(directory)) return false;
  const hashes = await Promise.all(HOSPITALS.map(async (hospital) => sha256(await readFile(join(directory, fileName(hospital))))));
  return HOSPITALS.every((hospital, index) => hashes[index] === record[hospital].sha256);
}
