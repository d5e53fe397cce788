import { ConsiliumError, parseValue, resolveStudy, studyDiff, StudyFile, type ResolvedStudy, type StudyChange } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { epsilonOf, type Epsilon } from '../http/epsilon.js';
import type { StudyDifference } from '../http/reading-views.js';
import { priceOnce, studyPrice } from './study-price.js';

type Change = StudyDifference['changes'][number];

const shown = (study: ResolvedStudy): Epsilon | null => {
  const price = priceOnce(study);
  return price ? epsilonOf(price.promise) : null;
};

/** What changed between two studies, and what each change does by itself to epsilon, to the data, and to the release. */
export function studyDifference(before: ResolvedStudy, after: ResolvedStudy): Pick<StudyDifference, 'epsilon' | 'changes'> {
  const epsilon = { before: shown(before), after: shown(after) };
  return { epsilon, changes: studyDiff(before, after).map((change) => described(before, after, change, epsilon)) };
}

function described(before: ResolvedStudy, after: ResolvedStudy, change: StudyChange, epsilon: StudyDifference['epsilon']): Change {
  const { path, concern } = change;
  const alone = bears(path) ? epsilonAlone(before, after, path) : undefined;
  const moved = alone !== undefined && JSON.stringify(alone) !== JSON.stringify(epsilon.before);
  const effect: Change['effect'] = {
    ...(moved ? { epsilon: { before: epsilon.before, after: alone } } : {}),
    ...(concern === 'data' ? { data: dataEffect(path) } : {}),
    ...(concern === 'release' || path.startsWith('metrics.') ? { release: releaseEffect(path, change) } : {}),
  };
  return { path, before: change.before, after: change.after, effect, sentence: sentenceOf(change, effect) };
}

/** Fields that an accountant reads. */
const bears = (path: string): boolean => /^(privacy|algorithm|metrics|sites|cohort\.outcome)(\.|$)/.test(path);

/**
 * The epsilon of the study before with this one field as it is afterwards; undefined where that is no study, because the
 * field goes only with others.
 */
function epsilonAlone(before: ResolvedStudy, after: ResolvedStudy, path: string): Epsilon | null | undefined {
  const { derived: _, ...file } = structuredClone(before);
  const keys = path.split('.');
  const last = keys.at(-1) ?? '';
  const at = (root: unknown, steps: readonly string[]): unknown =>
    steps.reduce<unknown>((value, step) => (isRecord(value) ? value[step] : undefined), root);
  const parent = at(file, keys.slice(0, -1));
  if (!isRecord(parent)) return undefined;
  const value = at(after, keys);
  if (value === undefined) delete parent[last];
  else parent[last] = structuredClone(value);
  try {
    const study = resolveStudy(parseValue(file, StudyFile, 'study'), sealParameters);
    const price = studyPrice(study);
    return price ? epsilonOf(price.promise) : null;
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function dataEffect(path: string): string {
  if (path.startsWith('cohort.inputs.')) return 'Another value of the patients is read, or read differently.';
  if (path.startsWith('cohort.outcome')) return 'What is predicted is read differently.';
  if (path.startsWith('cohort.exclude') || path === 'cohort.onMissing') return 'Other patients take part.';
  if (path.startsWith('cohort.split')) return 'Other patients train, and others are tested.';
  return 'The sites read their data differently.';
}

function releaseEffect(path: string, { after }: StudyChange): string {
  if (path === 'release.when')
    return after === 'approved-in-advance' ? 'The model is released without another vote.' : 'The sites vote on the release at the end.';
  return 'Other totals leave the sites while the study runs.';
}

/** `privacy.noiseMultiplier 2 → 1.5: epsilon forecast 3.2 → 4.8`. */
function sentenceOf({ path, before, after, effect: said }: StudyChange, { epsilon, data, release }: Change['effect']): string {
  const parts = [
    ...(epsilon ? [`epsilon forecast ${text(epsilon.before)} → ${text(epsilon.after)}`] : []),
    ...(said === null ? [] : [said]),
    ...(data === undefined ? [] : [data]),
    ...(release === undefined ? [] : [release]),
  ];
  return `${path} ${before ?? '(absent)'} → ${after ?? '(absent)'}${parts.length > 0 ? `: ${parts.join('; ')}` : ''}`;
}

const text = (epsilon: Epsilon | null): string => epsilon?.value ?? 'none promised';
