import { createHash } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import { HOSPITALS, type Hospital } from './heart-columns.js';
import type { HeartRecord } from './heart-record.js';
import { notAsRecorded, uciToCsv } from './uci-csv.js';

/** Where the UCI Machine Learning Repository serves data set 45, Heart Disease (CC BY 4.0). */
export const UCI_HEART_URL = 'https://archive.ics.uci.edu/ml/machine-learning-databases/heart-disease/';

/** The largest of the four files has 18,461 bytes. */
const MAX_BYTES = 1 << 20;

export interface Archive {
  /** Folder of the `processed.*.data` files. */
  readonly baseUrl: string;
  /** For all four files together, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * The four hospitals' CSV files from the archive, each checked against its recorded hash.
 *
 * @throws ConsiliumError BAD_ADDRESS, DATA_UNREACHABLE, DATA_TIMEOUT, DATA_NOT_AS_RECORDED
 */
export async function downloadHeart(archive: Archive, record: HeartRecord): Promise<ReadonlyMap<Hospital, string>> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, AbortSignal.timeout(archive.timeoutMs)]);
  try {
    const files = await Promise.all(
      HOSPITALS.map(async (hospital): Promise<[Hospital, string]> => {
        const csv = uciToCsv(await download(archive, hospital, signal), hospital, record[hospital]);
        if (sha256(csv) !== record[hospital].sha256) throw notAsRecorded(hospital, 'its content hash differs');
        return [hospital, csv];
      }),
    );
    return new Map(files);
  } finally {
    failed.abort();
  }
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function download(archive: Archive, hospital: Hospital, signal: AbortSignal): Promise<string> {
  const url = fileUrl(archive.baseUrl, hospital);
  try {
    const response = await fetch(url, { signal, credentials: 'omit' });
    if (!response.ok) throw unreachable(url, `answered ${response.status} for ${hospital}`);
    return await boundedText(response, hospital);
  } catch (error) {
    if (error instanceof ConsiliumError) throw error;
    if (error instanceof DOMException && error.name === 'TimeoutError') throw timedOut(url, archive.timeoutMs);
    throw unreachable(url, `could not be reached (${reason(error)})`, error);
  }
}

function fileUrl(baseUrl: string, hospital: Hospital): URL {
  const url = URL.parse(`processed.${hospital}.data`, baseUrl.replace(/\/*$/, '/'));
  if (url !== null && ['https:', 'http:'].includes(url.protocol) && url.username === '') return url;
  throw new ConsiliumError({
    code: 'BAD_ADDRESS',
    errorClass: 'usage',
    message: 'The address of the archive is not an http or https address without a user name.',
    fix: 'Correct CONSILIUM_UCI_URL, or unset it to use the UCI archive.',
  });
}

async function boundedText(response: Response, hospital: Hospital): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw notAsRecorded(hospital, `it is larger than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'no connection';
}

const OFFLINE_FIX = 'Name a folder that holds the four files with --data DIR, or let the demo invent patients.';

function unreachable(url: URL, how: string, cause?: unknown): ConsiliumError {
  const message = `The archive at ${url.host} ${how}.`;
  return new ConsiliumError({ code: 'DATA_UNREACHABLE', errorClass: 'unreachable', message, fix: OFFLINE_FIX, cause });
}

function timedOut(url: URL, timeoutMs: number): ConsiliumError {
  const message = `The archive at ${url.host} did not hand over the files within ${timeoutMs / 1000} s.`;
  return new ConsiliumError({ code: 'DATA_TIMEOUT', errorClass: 'timeout', message, fix: OFFLINE_FIX });
}
