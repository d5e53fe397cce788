import { MOST_ROUNDS, resolveStudy, type SealParametersOf, type StudyFile } from '@consilium/protocol';
import { mostThatFits } from '../search/most-that-fits.js';
import { STUDY_PARTS } from './study-part.js';
import { keepsTo, requireNoise, unreachable, type NoisyStudyFile, type StudyTarget } from './study-target.js';

/**
 * The file with the most rounds with which neither training nor evaluation patients pay more than the target, its noise as
 * it is written.
 * @throws ConsiliumError EPSILON_WITHOUT_NOISE; EPSILON_UNREACHABLE or BUDGET_EXHAUSTED where not even one round fits
 */
export function roundsForStudy(file: StudyFile, target: StudyTarget, sealParametersOf: SealParametersOf): NoisyStudyFile {
  const noisy = requireNoise(file);
  const study = resolveStudy(noisy, sealParametersOf);
  // Rounds decide nothing else of a resolved study.
  const at = (rounds: number) => ({ ...study, algorithm: { ...study.algorithm, rounds } });
  const most = mostThatFits(MOST_ROUNDS, (rounds) => STUDY_PARTS.every((part) => keepsTo(target, at(rounds), part)));
  if (most > 0) return { ...noisy, algorithm: { ...noisy.algorithm, rounds: most } };
  const part = STUDY_PARTS.find((each) => !keepsTo(target, at(1), each)) ?? 'training';
  const field = part === 'training' ? 'privacy.noiseMultiplier' : 'metrics.noiseMultiplier';
  throw unreachable(target, { study: at(1), part, what: 'Even with one round', instead: `more noise (${field})` });
}
