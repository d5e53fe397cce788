import {
  ConsiliumError,
  NOISE_MULTIPLIERS,
  resolveStudy,
  type ResolvedStudy,
  type SealParametersOf,
  type StudyFile,
} from '@consilium/protocol';
import { leastEnough, type Verdict } from '../search/least-enough.js';
import type { StudyPart } from './study-part.js';
import { keepsTo, requireNoise, unreachable, type NoisyStudyFile, type StudyTarget } from './study-target.js';

/** Candidates have four significant digits, as a person would write them: at most 0.1 % apart. */
const DIGITS = 4;
const DECADE = 9 * 10 ** (DIGITS - 1);
const SMALLEST = Math.log10(NOISE_MULTIPLIERS.least);
const COUNT = DECADE * (Math.log10(NOISE_MULTIPLIERS.most) - SMALLEST) + 1;
/** Where a study can be resolved at all is looked for at this many places. */
const PLACES = 60;

type WithNoise = (multiplier: number) => NoisyStudyFile;

/**
 * The file with the least noise, to four digits, with which neither training nor evaluation patients pay more than the
 * target: their own epsilon is at most the target, and at least 99 % of it where that can be reached (field case PRV-2).
 * Every candidate is resolved and priced as sites will, so that what is found is what the study costs.
 * @throws ConsiliumError EPSILON_WITHOUT_NOISE; EPSILON_UNREACHABLE or BUDGET_EXHAUSTED where no noise is enough; whatever
 *   `resolveStudy` refuses at every noise multiplier
 */
export function noiseForStudy(file: StudyFile, target: StudyTarget, sealParametersOf: SealParametersOf): NoisyStudyFile {
  const search = new NoiseSearch(target, (candidate) => resolveStudy(candidate, sealParametersOf));
  const noisy = requireNoise(file);
  const evaluation = noisy.metrics.noiseMultiplier;
  if (evaluation === undefined) return search.least('training', training(noisy), noisy.privacy.noiseMultiplier);
  // What a table of scores costs does not depend on the noise of the updates; the study that is handed back is the one
  // that the second search has priced.
  const without = { ...noisy, metrics: { ...noisy.metrics, noiseMultiplier: undefined } };
  const possible = training(noisy)(search.possible(training(without), noisy.privacy.noiseMultiplier));
  const withTable = search.least('evaluation', (multiplier) => evaluated(possible, multiplier), evaluation);
  return search.least('training', training(withTable), possible.privacy.noiseMultiplier);
}

const training =
  (file: NoisyStudyFile): WithNoise =>
  (noiseMultiplier) => ({ ...file, privacy: { ...file.privacy, noiseMultiplier } });
const evaluated = (file: NoisyStudyFile, noiseMultiplier: number): NoisyStudyFile => ({
  ...file,
  metrics: { ...file.metrics, noiseMultiplier },
});

class NoiseSearch {
  constructor(
    private readonly target: StudyTarget,
    private readonly resolve: (file: StudyFile) => ResolvedStudy,
  ) {}

  least(part: StudyPart, at: WithNoise, written: number): NoisyStudyFile {
    const judge = (candidate: number): Verdict => {
      const study = this.#tried(at(multiplierAt(candidate)));
      if (study instanceof ConsiliumError) return 'refused';
      return keepsTo(this.target, study, part) ? 'enough' : 'too-little';
    };
    const { least, below } = leastEnough(COUNT, this.#start(at, written), judge);
    if (least !== undefined) return at(multiplierAt(least));
    const most = multiplierAt(below);
    throw unreachable(this.target, {
      study: this.resolve(at(most)),
      part,
      what: `Even with a noise multiplier of ${most}, the most that this study can have,`,
      instead: 'fewer rounds',
    });
  }

  /** A noise multiplier, near the written one where there is one, with which the study can run at all. */
  possible(at: WithNoise, written: number): number {
    return multiplierAt(this.#start(at, written));
  }

  #start(at: WithNoise, written: number): number {
    const refused = (candidate: number) => this.#tried(at(multiplierAt(candidate))) instanceof ConsiliumError;
    const near = candidateOf(written);
    const places = Array.from({ length: PLACES + 1 }, (_, place) => Math.round((place / PLACES) * (COUNT - 1)));
    const start = [near, ...places].find((candidate) => !refused(candidate));
    // The file as it is written says best why.
    if (start === undefined) throw this.#tried(at(written));
    return start;
  }

  #tried(file: StudyFile): ResolvedStudy | ConsiliumError {
    try {
      return this.resolve(file);
    } catch (error) {
      if (error instanceof ConsiliumError && (error.code === 'PRIVACY_PARAMETERS' || error.code === 'LAYOUT_REFUSED')) return error;
      throw error;
    }
  }
}

function multiplierAt(candidate: number): number {
  const decade = Math.floor(candidate / DECADE);
  return Number(`${10 ** (DIGITS - 1) + (candidate % DECADE)}e${SMALLEST - (DIGITS - 1) + decade}`);
}

function candidateOf(multiplier: number): number {
  const decade = Math.floor(Math.log10(multiplier));
  const candidate = DECADE * (decade - SMALLEST) + Math.round((multiplier / 10 ** decade - 1) * 10 ** (DIGITS - 1));
  return Math.min(COUNT - 1, Math.max(0, candidate));
}
