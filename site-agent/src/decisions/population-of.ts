import type { PopulationName, StudyHash } from '@consilium/protocol';
import { readStoredStudy } from '../approval/index.js';
import type { SiteConfig } from '../config/index.js';
import { chargedPopulation } from '../ledger/index.js';
import { findStudy, type SiteState } from '../state/index.js';

/** Whose budget a study that was decided on before draws on; undefined also for one of another version, which takes no step. */
export function populationOf(state: SiteState, config: Pick<SiteConfig, 'cohorts'>, hash: StudyHash): PopulationName | undefined {
  const stored = findStudy(state, hash);
  try {
    return stored && chargedPopulation(readStoredStudy(stored), config);
  } catch {
    return undefined;
  }
}
