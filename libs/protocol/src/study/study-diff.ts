import { printable } from '../printable.js';
import { isPatientMode } from './privacy.js';
import type { ResolvedStudy } from './resolve.js';

/** What an officer has to think of at a change. */
export type Concern = 'privacy' | 'data' | 'sites' | 'training' | 'release' | 'text';

/** One field that differs between two versions of a study. */
export interface StudyChange {
  /** Dotted path in the study file, or below `derived` for what follows from it. */
  readonly path: string;
  /** As it is written in a study file; null where the field is not there. */
  readonly before: string | null;
  readonly after: string | null;
  readonly concern: Concern;
  /** What it means for the patients, where that can be said of this field alone. */
  readonly effect: string | null;
}

/** What follows from the file and is worth a line of its own; the rest of `derived` only repeats these. */
const DERIVED: readonly (readonly [path: string, of: (study: ResolvedStudy) => unknown])[] = [
  ['derived.parameterCount', ({ derived }) => derived.parameterCount],
  ['derived.thresholds', ({ derived }) => derived.thresholds],
  ['derived.noise', ({ derived }) => derived.noise],
  ['derived.uploadBytes', ({ derived }) => derived.sums.train.uploadBytes],
];

/**
 * What changed from one version of a study to another, field by field, in the order of the paths; empty where nothing
 * did. Both are resolved, so that a default that was written out is no change.
 */
export function studyDiff(before: ResolvedStudy, after: ResolvedStudy): readonly StudyChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path): readonly StudyChange[] => {
    const [was, is] = [old.get(path), now.get(path)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [
      { path: printable(path), before: written(was), after: written(is), concern: concernOf(path), effect: effectOf(path, was, is, after) },
    ];
  });
}

/** One line a change, such as `privacy.noiseMultiplier 2 → 1.5 (less noise: …)`. */
export function changeLine({ path, before, after, effect }: StudyChange): string {
  return `${path} ${before ?? '(absent)'} → ${after ?? '(absent)'}${effect === null ? '' : ` (${effect})`}`;
}

function fieldsOf(study: ResolvedStudy): ReadonlyMap<string, unknown> {
  const { derived: _, ...file } = study;
  const fields = new Map<string, unknown>();
  for (const [path, value] of [...Object.entries(file), ...DERIVED.map(([place, of]) => [place, of(study)] as const)])
    flatten(path, value, fields);
  return fields;
}

/** Lists are values: their order is part of what is signed. */
function flatten(path: string, value: unknown, into: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value !== undefined) into.set(path, value);
    return;
  }
  for (const [key, inner] of Object.entries(value)) flatten(`${path}.${key}`, inner, into);
}

const written = (value: unknown): string | null =>
  value === undefined ? null : printable(typeof value === 'string' ? value : JSON.stringify(value));

function concernOf(path: string): Concern {
  if (/^(privacy|derived\.noise|metrics)(\.|$)|^sites\.(tolerateColluders|publicSizes)|^derived\.thresholds\.(c|m)$/.test(path))
    return 'privacy';
  if (path.startsWith('cohort.')) return 'data';
  if (path.startsWith('sites.') || path.startsWith('derived.thresholds')) return 'sites';
  if (path.startsWith('release.')) return 'release';
  return /^(name|purpose|ethics|population|apiVersion|kind)(\.|$)/.test(path) ? 'text' : 'training';
}

/** Fields whose growth alone tells more (`more`) or less (`less`) of each patient, all else equal. */
const DIRECTIONS: Readonly<Record<string, { readonly up: string; readonly down: string }>> = {
  'privacy.noiseMultiplier': { up: 'more noise: less is told of each patient', down: 'less noise: more is told of each patient' },
  'privacy.sampling': { up: 'each patient is used more often: more is told', down: 'each patient is used less often: less is told' },
  'privacy.delta': { up: 'the promise may fail more often', down: 'the promise may fail less often' },
  'privacy.epsilonMax': { up: 'the study may cost more', down: 'the study may cost less' },
  'metrics.noiseMultiplier': { up: 'less is told by the metrics', down: 'more is told by the metrics' },
  'algorithm.rounds': { up: 'more steps: more is told of each patient', down: 'fewer steps: less is told of each patient' },
  'algorithm.localSteps': { up: 'more steps: more is told of each patient', down: 'fewer steps: less is told of each patient' },
  'metrics.every': { up: 'metrics are told less often', down: 'metrics are told more often' },
  'sites.tolerateColluders': { up: 'holds against more colluders', down: 'holds against fewer colluders' },
  'sites.minSites': { up: 'no sum of so few sites any more', down: 'sums of fewer sites are opened' },
};

function effectOf(path: string, was: unknown, is: unknown, study: ResolvedStudy): string | null {
  if (path === 'privacy.mode')
    return is === 'none'
      ? 'no noise any more'
      : isPatientMode(study.privacy.mode)
        ? 'patients are hidden'
        : 'sites are hidden, not patients';
  const direction = DIRECTIONS[path];
  if (!direction || typeof was !== 'number' || typeof is !== 'number') return null;
  // Without noise there is nothing that more steps would spend.
  if (study.privacy.mode === 'none' && path.startsWith('algorithm.')) return null;
  return is > was ? direction.up : direction.down;
}
