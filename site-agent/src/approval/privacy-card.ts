import type { NoisyPrivacy, ResolvedStudy } from '@consilium/protocol';

/** What a study promises its patients: the numbers, and the same in sentences (UX.md section 2, "Explaining ε"). */
export interface PrivacyCard {
  readonly mode: ResolvedStudy['privacy']['mode'];
  /** Whose presence is hidden; null in mode `none`. */
  readonly unit: 'patient' | 'site' | null;
  /** C: Euclidean norm that one unit's influence is clipped to. */
  readonly clip: number | null;
  /** q: probability with which a patient takes part in a step; null where everybody does. */
  readonly sampling: number | null;
  /** σ of all counted sites together, in units of one patient's largest influence. */
  readonly noiseMultiplier: number | null;
  /** σ of the table of scores; null where no metrics leave. */
  readonly metricsNoiseMultiplier: number | null;
  readonly delta: number | null;
  readonly epsilonMax: number | null;
  /** Sites whose noise is counted on, and how many may collude with the coordinator. */
  readonly trust: { readonly countedSites: number; readonly colluders: number; readonly noiseLeftIfAllOthersCollude: number | null };
  readonly lines: readonly string[];
}

const ADJACENCY = 'all records of one patient at one site, there or not';

/** σ that is left of a study's noise where every site but this one colludes. */
function ownShare({ mode, noiseMultiplier }: NoisyPrivacy, counted: number): number {
  return mode === 'patient/local' ? noiseMultiplier : noiseMultiplier / Math.sqrt(counted);
}

export function privacyCard(study: ResolvedStudy): PrivacyCard {
  const { privacy, derived, metrics } = study;
  const { m, c } = derived.thresholds;
  const trust = { countedSites: m - c, colluders: c };
  if (privacy.mode === 'none')
    return {
      mode: 'none',
      unit: null,
      clip: null,
      sampling: null,
      noiseMultiplier: null,
      metricsNoiseMultiplier: null,
      delta: null,
      epsilonMax: null,
      trust: { ...trust, noiseLeftIfAllOthersCollude: null },
      lines: [
        'Mode none: sums and the model carry no noise. Nobody but the sites sees a sum; what the model itself tells of the patients is not limited.',
      ],
    };
  const left = ownShare(privacy, m - c);
  return {
    mode: privacy.mode,
    unit: privacy.unit,
    clip: privacy.clip,
    sampling: privacy.mode === 'site' ? null : privacy.sampling,
    noiseMultiplier: privacy.noiseMultiplier,
    metricsNoiseMultiplier: metrics.noiseMultiplier ?? null,
    delta: privacy.delta,
    epsilonMax: privacy.epsilonMax ?? null,
    trust: { ...trust, noiseLeftIfAllOthersCollude: left },
    lines: [
      ...modeLines(privacy),
      `Noise: σ = ${privacy.noiseMultiplier} times that influence${privacy.mode === 'patient/local' ? ', all of it added at each site' : `, counted on from ${m - c} sites, each of which adds its share`}. Delta: ${privacy.delta}.`,
      collusionLine(privacy, c, left),
      metrics.noiseMultiplier === undefined
        ? 'Metrics: none leave this site.'
        : metricsLine(metrics.noiseMultiplier, metrics.subgroups.length),
      ...(privacy.epsilonMax === undefined ? [] : [`The study is not to cost more than epsilon ${privacy.epsilonMax}.`]),
      'Not covered: the public size of this site, times and refusals, and differences between rounds in which different sites took part. A patient of two sites has twice the influence.',
    ],
  };
}

/** Tables are disjoint in what they count but not in whom: a patient stands in one cell of each. */
function metricsLine(noiseMultiplier: number, subgroups: number): string {
  const tables =
    subgroups === 0
      ? 'a table of scores'
      : `${1 + subgroups} tables (all, and by ${subgroups} ${subgroups === 1 ? 'subgroup' : 'subgroups'})`;
  return `Metrics: ${tables} of the evaluation patients with noise σ = ${noiseMultiplier}, paid for as well.`;
}

function modeLines(privacy: NoisyPrivacy): readonly string[] {
  if (privacy.mode === 'site')
    return [
      `Mode site, unit site: hides whether a whole site took part, not a patient. The update of a site is clipped to C = ${privacy.clip}.`,
    ];
  return [
    `Mode ${privacy.mode}, unit patient: hides one patient (${ADJACENCY}).`,
    `In each step a patient takes part with probability q = ${privacy.sampling}; the influence of one is clipped to C = ${privacy.clip}.`,
  ];
}

function collusionLine({ mode }: NoisyPrivacy, colluders: number, left: number): string {
  if (mode === 'patient/local') return 'Who may collude: all other sites and the coordinator together.';
  return `Who may collude: up to ${colluders} of the other sites, with the coordinator. If all others collude, only the noise of this site is left: σ = ${Number(left.toPrecision(3))}.`;
}
