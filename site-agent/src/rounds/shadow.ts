import { join } from 'node:path';
import { makePrivateDirectory, writePrivateFile } from '../state/index.js';
import type { StudyAtSite } from './study-at-site.js';

/**
 * Under `run --shadow`, which only public cohorts allow, the integers that were packed are kept beside the sums that
 * were opened, so that somebody who holds the directories of all sites can compare them.
 * `shadow/<study>/<round>-<attempt>.json`: `{"lanes": [...]}`.
 */
export function keepPackedLanes(at: StudyAtSite, round: number, attempt: number, lanes: Int32Array): void {
  if (at.shadow) write(at, `${round}-${attempt}.json`, { lanes: [...lanes] });
}

/** `shadow/<study>/<round>-<attempt>.sum.json`: `{"contributors": [...], "lanes": [...]}`. */
export function keepOpenedSum(at: StudyAtSite, round: number, attempt: number, contributors: readonly string[], lanes: Int32Array): void {
  if (at.shadow) write(at, `${round}-${attempt}.sum.json`, { contributors, lanes: [...lanes] });
}

function write(at: StudyAtSite, name: string, value: object): void {
  const folder = join(at.state.layout.shadow, at.hash);
  makePrivateDirectory(at.state.layout.shadow);
  makePrivateDirectory(folder);
  writePrivateFile(join(folder, name), JSON.stringify(value));
}
