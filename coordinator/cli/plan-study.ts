import { noiseForStudy, roundsForStudy, studyEpsilon, type PopulationLedger } from '@consilium/privacy';
import { ConsiliumError, resolveStudy, type SealParametersOf, type StudyFile } from '@consilium/protocol';
import type { StudyWish } from './study-wish.js';

/** A line to write into a study file: `noiseMultiplier: 22.46` under `privacy`. */
export interface PlannedLine {
  readonly section: 'algorithm' | 'metrics' | 'privacy';
  readonly field: string;
  readonly value: number;
}

/**
 * The study file as the wish would have it.
 * @param ledgers - those that are sure to decide; the search keeps to what is left of each
 * @throws ConsiliumError USAGE where nothing says what the search is to keep to; EPSILON_UNREACHABLE, BUDGET_EXHAUSTED
 */
export function planStudy(written: StudyFile, wish: StudyWish, ledgers: readonly PopulationLedger[], seal: SealParametersOf): StudyFile {
  const { rounds, find } = wish;
  const file = rounds === undefined ? written : { ...written, algorithm: { ...written.algorithm, rounds } };
  if (find === undefined) return file;
  const own = file.privacy.mode === 'none' ? undefined : file.privacy.epsilonMax;
  const epsilon = wish.epsilon ?? own;
  if (epsilon === undefined && ledgers.length === 0 && file.privacy.mode !== 'none')
    throw new ConsiliumError({
      code: 'USAGE',
      errorClass: 'usage',
      message: `Nothing says what the ${find} should keep to.`,
      fix: `Give one: consilium study check FILE --for ${find} --epsilon 1`,
    });
  const planned = (find === 'noise' ? noiseForStudy : roundsForStudy)(file, { epsilon, ledgers }, seal);
  // What was asked for goes before an older limit in the file, which would refuse the study.
  if (own === undefined || epsilon === undefined || studyEpsilon(resolveStudy(planned, seal)) <= own) return planned;
  return { ...planned, privacy: { ...planned.privacy, epsilonMax: epsilon } };
}

/** Where the plan differs from the file as it is written. */
export function plannedLines(written: StudyFile, planned: StudyFile): readonly PlannedLine[] {
  const [before, after] = [numbersOf(written), numbersOf(planned)];
  return after
    .filter(({ value }, index) => value !== before[index]?.value)
    .flatMap(({ value, ...line }) => (value === undefined ? [] : [{ ...line, value }]));
}

function numbersOf({ algorithm, metrics, privacy }: StudyFile) {
  const noisy = privacy.mode === 'none' ? undefined : privacy;
  return [
    { section: 'algorithm', field: 'rounds', value: algorithm.rounds },
    { section: 'privacy', field: 'noiseMultiplier', value: noisy?.noiseMultiplier },
    { section: 'privacy', field: 'epsilonMax', value: noisy?.epsilonMax },
    { section: 'metrics', field: 'noiseMultiplier', value: metrics.noiseMultiplier },
  ] as const;
}
