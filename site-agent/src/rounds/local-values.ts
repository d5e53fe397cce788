import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keptCount } from '@consilium/learning';
import { writePrivateFile } from '../state/index.js';
import { readLocal } from './round-files.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/** As long as the states they go with. */
const ROUNDS_KEPT = 2;

/** What this site keeps for itself, its local tensors and its control (SCAFFOLD), as they stand with its state of a round. */
const localFile = (folder: string, round: number): string => join(folder, `local-${round}`);

type OwnStudy = Pick<StudyAtSite, 'study' | 'folder'>;

/**
 * What this site keeps for itself beside its state of `round`.
 * @returns undefined where nothing is local, or nothing was learned yet
 * @throws SiteRefused OUT_OF_STEP where the file is gone or is another study's: training on would quietly begin anew
 */
export function localValues(at: OwnStudy, round: number): Float64Array | undefined {
  const count = keptCount(at.study);
  if (count === 0 || round === 0) return undefined;
  try {
    const values = new Float64Array(Uint8Array.from(readFileSync(localFile(at.folder, round))).buffer);
    if (values.length !== count && values.length !== 0) throw new Error(`${values.length} local values instead of ${count}`);
    // Empty: this site took part in no round yet.
    return values.length === 0 ? undefined : values;
  } catch (cause) {
    throw siteRefused('OUT_OF_STEP', {}, cause);
  }
}

/**
 * The local values that go with the state after `round`: those computed with this site's contribution where the sum has
 * it, else those of the round before. Durable when it returns, and the same when it is done again: it comes before the
 * row that makes the state current.
 * @param contributed - whether this site is in the list of a training round
 */
export function keepLocalValues(at: OwnStudy, round: number, contributed: boolean): void {
  if (keptCount(at.study) === 0) return;
  const values = contributed ? readLocal(at.folder, round) : (localValues(at, round - 1) ?? new Float64Array(0));
  writePrivateFile(localFile(at.folder, round), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  if (round >= ROUNDS_KEPT) rmSync(localFile(at.folder, round - ROUNDS_KEPT), { force: true });
}
