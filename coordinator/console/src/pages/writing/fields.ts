import type { GlossaryWord } from '../../words/en/glossary.js';
import { words } from '../../words/index.js';

const { fields: w, modes, releases } = words.writing;

/** A field of the form: where it stands in the YAML, and what it may hold. */
export interface Field {
  readonly path: readonly string[];
  readonly label: string;
  readonly kind: 'text' | 'long' | 'number' | 'list' | 'choice';
  readonly hint?: string;
  /** What explains the label. */
  readonly tip?: GlossaryWord;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** Not offered where it says no. */
  readonly when?: (study: (path: readonly string[]) => unknown) => boolean;
}

const choicesOf = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([value, label]) => ({ value, label }));
const same = (...values: readonly string[]) => values.map((value) => ({ value, label: value }));
const noisy = (study: (path: readonly string[]) => unknown) => study(['privacy', 'mode']) !== 'none';
const sampled = (study: (path: readonly string[]) => unknown) => String(study(['privacy', 'mode'])).startsWith('patient/');
const steps = (study: (path: readonly string[]) => unknown) => study(['algorithm', 'name']) !== 'dp-sgd';

export const SECTIONS: readonly { readonly title: string; readonly fields: readonly Field[]; readonly inputs?: boolean }[] = [
  {
    title: words.writing.sections.about,
    fields: [
      { path: ['name'], label: w.name, kind: 'text', hint: w.nameHint },
      { path: ['population'], label: w.population, kind: 'text', tip: 'population' },
      { path: ['purpose'], label: w.purpose, kind: 'long' },
      { path: ['ethics', 'board'], label: w.board, kind: 'text' },
      { path: ['ethics', 'reference'], label: w.reference, kind: 'text' },
    ],
  },
  {
    title: words.writing.sections.data,
    inputs: true,
    fields: [
      { path: ['cohort', 'name'], label: w.cohort, kind: 'text', tip: 'cohort' },
      { path: ['cohort', 'outcome', 'column'], label: w.outcome, kind: 'text' },
      { path: ['cohort', 'outcome', 'positive'], label: w.positive, kind: 'text' },
    ],
  },
  {
    title: words.writing.sections.model,
    fields: [
      {
        path: ['model', 'type'],
        label: w.model,
        kind: 'choice',
        choices: same('logistic-regression', 'linear-regression', 'multilayer-perceptron', 'cox-regression'),
      },
      { path: ['model', 'l2'], label: w.l2, kind: 'number' },
      {
        path: ['algorithm', 'name'],
        label: w.algorithm,
        kind: 'choice',
        choices: same('dp-sgd', 'fedavg', 'fedprox', 'fedadam', 'fedyogi', 'fedadagrad', 'scaffold'),
      },
      { path: ['algorithm', 'rounds'], label: w.rounds, kind: 'number' },
      { path: ['algorithm', 'localSteps'], label: w.localSteps, kind: 'number', when: steps },
      { path: ['algorithm', 'learningRate'], label: w.learningRate, kind: 'number' },
    ],
  },
  {
    title: words.writing.sections.privacy,
    fields: [
      { path: ['privacy', 'mode'], label: w.mode, kind: 'choice', choices: choicesOf(modes), tip: 'mechanism' },
      { path: ['privacy', 'sampling'], label: w.sampling, kind: 'number', when: sampled, tip: 'sampling' },
      { path: ['privacy', 'clip'], label: w.clip, kind: 'number', when: noisy, tip: 'clip' },
      { path: ['privacy', 'noiseMultiplier'], label: w.noise, kind: 'number', when: noisy, tip: 'noise' },
      { path: ['privacy', 'delta'], label: w.delta, kind: 'number', when: noisy, tip: 'delta' },
      { path: ['privacy', 'epsilonMax'], label: w.epsilonMax, kind: 'number', when: noisy, tip: 'epsilon' },
    ],
  },
  {
    title: words.writing.sections.sites,
    fields: [
      { path: ['sites', 'names'], label: w.sites, kind: 'list', hint: w.sitesHint },
      { path: ['sites', 'minSites'], label: w.minSites, kind: 'number', tip: 'minSites' },
      { path: ['sites', 'roundDeadline'], label: w.deadline, kind: 'text' },
      { path: ['release', 'when'], label: w.release, kind: 'choice', choices: choicesOf(releases), tip: 'release' },
    ],
  },
];
