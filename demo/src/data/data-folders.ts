import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { fileName, HOSPITALS, type Hospital } from './heart-columns.js';

/** Lies beside invented patients, so that they are never taken for real ones, not even from `--data DIR`. */
const SYNTHETIC_NOTE = 'SYNTHETIC.txt';

export function isSynthetic(directory: string): boolean {
  return existsSync(join(directory, SYNTHETIC_NOTE));
}

export function hasAllHospitals(directory: string): boolean {
  return HOSPITALS.every((hospital) => existsSync(join(directory, fileName(hospital))));
}

/** `$XDG_CACHE_HOME/consilium`, else `~/.cache/consilium` (XDG Base Directory: a relative path there is ignored). */
export function cacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_CACHE_HOME'];
  return join(base !== undefined && isAbsolute(base) ? base : join(environment['HOME'] ?? homedir(), '.cache'), 'consilium');
}

/**
 * Writes the four files as one: a folder is there whole or not at all, whatever stops the process.
 *
 * @throws ConsiliumError CACHE_NOT_WRITABLE
 */
export async function writeHospitals(directory: string, files: ReadonlyMap<Hospital, string>, note?: string): Promise<void> {
  const fresh = `${directory}.${process.pid}`;
  try {
    await mkdir(dirname(directory), { recursive: true });
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh);
    for (const [hospital, csv] of files) await writeFile(join(fresh, fileName(hospital)), csv);
    if (note !== undefined) await writeFile(join(fresh, SYNTHETIC_NOTE), note);
    await rm(directory, { recursive: true, force: true });
    await rename(fresh, directory);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
    throw new ConsiliumError({
      code: 'CACHE_NOT_WRITABLE',
      errorClass: 'failed',
      message: `The data cannot be kept in ${directory}.`,
      fix: 'Set XDG_CACHE_HOME to a folder that can be written, or name a folder that holds the data with --data DIR.',
      cause: error,
    });
  }
}
