import { stringify } from 'yaml';
import type { StudyFile } from './study-file.js';
import type { ResolvedStudy } from './resolve.js';

/** Fields of the top level as people write them; canonical JSON has sorted them by name. */
const ORDER: readonly (keyof StudyFile)[] = [
  'apiVersion',
  'kind',
  'name',
  'purpose',
  'ethics',
  'population',
  'cohort',
  'model',
  'algorithm',
  'privacy',
  'metrics',
  'sites',
  'release',
  'seed',
];

/** Fields that are read first wherever they stand. */
const FIRST = ['name', 'mode', 'type', 'column'];

/**
 * A stored study as people write one: YAML 1.2 of the study file with every default written out and nothing that is
 * derived. Resolving it again gives the same bytes, so the same hash.
 */
export function studyYaml(study: ResolvedStudy): string {
  const inputs = study.cohort.inputOrder;
  const ordered = Object.fromEntries(ORDER.flatMap((field) => (study[field] === undefined ? [] : [[field, forPeople(study[field])]])));
  const cohort = ordered['cohort'] as Record<string, unknown>;
  const byOrder = Object.fromEntries(inputs.map((name) => [name, (cohort['inputs'] as Record<string, unknown>)[name]]));
  return stringify({ ...ordered, cohort: { ...cohort, inputs: byOrder } }, { version: '1.2', lineWidth: 120 });
}

/** The same value, with the telling fields in front. */
function forPeople(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(forPeople);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const rank = ([key]: readonly [string, unknown]) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  return Object.fromEntries(known.toSorted((one, other) => rank(one) - rank(other)).map(([key, inner]) => [key, forPeople(inner)]));
}
