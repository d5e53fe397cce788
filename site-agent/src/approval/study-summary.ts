import { outcomeInWords, printable, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import { privacyCard } from './privacy-card.js';

/** What an officer reads before signing: a heading and its sentences. */
export interface SummaryPart {
  readonly heading: string;
  readonly lines: readonly string[];
}

const RELEASE: Record<ResolvedStudy['release']['when'], string> = {
  'all-sites-agree': 'The model is handed to the researcher only when every site votes yes at the end.',
  threshold: 'The model is handed to the researcher when enough sites vote yes at the end.',
  'approved-in-advance':
    'The model is handed to the researcher without another question where sites say so in their approval (--release in-advance).',
};

/** Bytes with the unit that a person reads. */
function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** The study in plain words, in the order of an officer's questions: what for, who, on what, how, what leaves. */
export function studySummary(hash: StudyHash, study: ResolvedStudy): readonly SummaryPart[] {
  return partsOf(hash, study).map(({ heading, lines }) => ({ heading, lines: lines.map(printable) }));
}

function partsOf(hash: StudyHash, study: ResolvedStudy): readonly SummaryPart[] {
  const { sites, cohort, model, algorithm, derived } = study;
  const { m, c } = derived.thresholds;
  const hidden = 'hidden' in model && model.hidden.length > 0 ? `, hidden layers of ${model.hidden.join(', ')}` : '';
  return [
    { heading: 'Study', lines: [`${study.name}, ${hash}`] },
    {
      heading: 'Purpose',
      lines: [
        study.purpose,
        ...(study.population === undefined ? [] : [`Population: ${study.population}.`]),
        study.ethics ? `Ethics: ${study.ethics.board}, ${study.ethics.reference}.` : 'Ethics: no approval is named.',
      ],
    },
    {
      heading: 'Sites',
      lines: [`${sites.names.join(', ')}. No sum is opened with fewer than ${m} of them; up to ${c} of them may collude.`],
    },
    {
      heading: 'Data',
      lines: [`Cohort ${cohort.name}: outcome ${outcomeInWords(cohort.outcome)}.`, `Columns read: ${cohort.inputOrder.join(', ')}.`],
    },
    {
      heading: 'Model',
      lines: [
        `${model.type}${hidden}, ${derived.parameterCount} parameters.`,
        ...(derived.layers.some(({ kind }) => kind === 'batchNorm')
          ? ['Running means and variances of batch normalisation are shared and averaged like weights.']
          : []),
        algorithm.name === 'dp-sgd'
          ? `${algorithm.name}, ${algorithm.rounds} rounds of one step.`
          : `${algorithm.name}, ${algorithm.rounds} rounds of ${algorithm.localSteps} local steps.`,
        ...(algorithm.fineTune
          ? [`Then ${algorithm.fineTune.localSteps} steps more for a model of this site's own, which stays here.`]
          : []),
      ],
    },
    { heading: 'Privacy', lines: privacyCard(study).lines },
    { heading: 'Release', lines: [RELEASE[study.release.when]] },
    {
      heading: 'What leaves this site',
      lines: [
        `In each of ${algorithm.rounds} rounds one encrypted contribution of ${size(derived.sums.train.uploadBytes)}, and ${size(derived.sums.evaluate.uploadBytes)} at the end. Only the sum over at least ${m} sites can be opened, by the sites.`,
        ...metricsLine(study),
        'Keys sealed to the other sites, signatures, names of the cohorts, versions, and codes of refusals.',
        'The model, once the release rule is met. Patient data never.',
      ],
    },
  ];
}

function metricsLine({ derived, sites }: ResolvedStudy): readonly string[] {
  if (!derived.noise) return ['Totals of the metrics over all contributing sites (counts of right and wrong predictions), signed.'];
  const disclosed = sites.publicSizes
    ? ['Already in the study: the public size of each site, two digits of its number of training patients.']
    : [];
  if (derived.noise.tableVariance === undefined) return disclosed;
  return ['The noisy tables of metrics over all contributing sites, signed.', ...disclosed];
}
