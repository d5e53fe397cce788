import { join } from 'node:path';
import { buildBundle, decodeState } from '@consilium/learning';
import { layerTensors } from '@consilium/protocol';
import { writePrivateFile } from '../state/index.js';
import { stateOfRound } from './applied-states.js';
import { readState } from './own-state.js';
import { siteRefused } from './site-refused.js';
import type { StudyAtSite } from './study-at-site.js';

/** The final model as this site trained it further for itself (`algorithm.fineTune`), in the form of a released one. */
export const ownModelPath = (folder: string): string => join(folder, 'own-model.json');

/**
 * Keeps this site's own model. It was trained on this site's patients alone and is nobody else's: no vote releases it, and
 * nothing sends it.
 * @param round - whose state it began from
 * @param weights - all tensors of the model
 * @throws SiteRefused OUT_OF_STEP; NotFinite
 */
export function keepOwnModel(at: StudyAtSite, round: number, weights: Float64Array): void {
  const applied = stateOfRound(at.state, at.hash, round);
  if (!applied) throw siteRefused('OUT_OF_STEP');
  const { optimiser } = decodeState(readState(at, applied), at.study);
  // Nothing in it is as training began.
  const { localTensors: _, ...derived } = at.study.derived;
  const state = { tensors: derived.layers.flatMap(layerTensors), weights, optimiser };
  const bundle = buildBundle({ study: { ...at.study, derived }, studyHash: at.hash, state, round, totals: {} });
  writePrivateFile(ownModelPath(at.folder), bundle);
}
