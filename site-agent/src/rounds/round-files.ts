import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../state/index.js';

/** The integers of this site's one contribution to a round: every attempt of the round seals these. */
export const lanesFile = (folder: string, round: number): string => join(folder, `round-${round}.lanes`);

/** The sealed contribution of one attempt. */
export const uploadFileOf = (folder: string, round: number, attempt: number): string => join(folder, `round-${round}-${attempt}.upload`);

/** The sum of one attempt, while it is downloaded and opened. */
export const foldFile = (folder: string, round: number, attempt: number): string => join(folder, `round-${round}-${attempt}.fold`);

/** What this site learned for itself with its contribution to a round; it goes with the integers. */
export const localFileOf = (folder: string, round: number): string => join(folder, `round-${round}.local`);

export const saveLocal = (folder: string, round: number, values: Float64Array): void =>
  writePrivateFile(localFileOf(folder, round), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

export const readLocal = (folder: string, round: number): Float64Array =>
  new Float64Array(Uint8Array.from(readFileSync(localFileOf(folder, round))).buffer);

/** Durable when it returns. */
export function saveLanes(folder: string, round: number, lanes: Int32Array): void {
  writePrivateFile(lanesFile(folder, round), new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength));
}

export function readLanes(folder: string, round: number): Int32Array {
  const bytes = readFileSync(lanesFile(folder, round));
  return new Int32Array(Uint8Array.from(bytes).buffer);
}

const ROUND_FILE = /^round-(\d+)(?:-\d+)?\.(?:lanes|local|upload|fold)/;

const LIKE_LANES = /\.(?:lanes|local)$/;

/**
 * Deletes what was needed for rounds up to `round`.
 * @param lanes - of rounds up to this one: the integers outlive the rest until t sites hold the state that came of them,
 * because a round that is repeated sends the same ones
 */
export function deleteRoundFiles(folder: string, round: number, lanes: number = round): void {
  for (const file of readdirSync(folder)) {
    const found = ROUND_FILE.exec(file);
    if (found && Number(found[1]) <= (LIKE_LANES.test(file) ? lanes : round)) rmSync(join(folder, file), { force: true });
  }
}
