import { ConsiliumError, schemaProblems } from '@consilium/protocol';
import { effectiveNoise } from '../events/gaussian-steps.js';
import type { IntegerGaussian } from '../events/privacy-event.js';
import { normRule, type NormRule } from '../mechanism/norm-rule.js';
import { samplingRate, type SamplingRate } from '../samplers/sampling-rate.js';
import { clampBound, defaultNormBound } from './lane-room.js';
import { parametersRefused } from './parameters-refused.js';
import { PrivacySettings } from './privacy-settings.js';

/** What follows from the rest of a study: who takes part, how long the vector is, how wide a lane. */
export interface StudyShape {
  /** n, 1 to 372. */
  readonly sites: number;
  /** m: fewest contributors of a sum. */
  readonly minSites: number;
  /** c: colluding sites tolerated, below m. */
  readonly colluders: number;
  /** d. */
  readonly dimension: number;
  /** A: largest magnitude of a lane's sum, from the parameter object of the sealed sum. */
  readonly laneMaximum: number;
}

/** The validated object of all that bears on privacy in a study's steps, the same for everybody who derives it. */
export interface PrivacyParameters {
  readonly mode: PrivacySettings['mode'];
  readonly q: SamplingRate;
  readonly noiseMultiplier: number;
  readonly delta: number;
  readonly epsilonMax: number;
  /** Noisy steps of the whole study. */
  readonly steps: number;
  readonly norm: NormRule;
  /** V: variance of one site's integer noise. */
  readonly variance: number;
  /** R: what a site's sum is clamped to before the noise. Absent in `patient/local`, where no noisy sum leaves a site. */
  readonly clampTo?: number;
  /** nm_eff: what a step is priced at, √((m − c)·V − 4)/S. */
  readonly effectiveNoise: number;
  readonly sites: number;
  readonly minSites: number;
  readonly colluders: number;
}

/** Below it the theorem that integer noise rests on says little (PROTOCOL.md section 6). */
const SMALLEST_VARIANCE = 16;
const MOST_SITES = 372;

/**
 * All conditions of PROTOCOL.md section 6 on the numbers of a study: V = ⌈σ²S²/(m − c)⌉ ≥ 16, √d ≤ S ≤ 2^14, and room in
 * the lane for the noise of all n sites and for a patient beside it. `patient/local` has the noise of one site alone.
 * @param settings - unchecked
 * @throws ConsiliumError PRIVACY_PARAMETERS with the field that fails
 */
export function privacyParameters(settings: unknown, shape: StudyShape): PrivacyParameters {
  const checked = parseSettings(settings);
  const { mode, noiseMultiplier, clip, rounds, steps: stepsPerRound } = checked;
  const { sites, minSites, colluders, dimension, laneMaximum } = shape;
  requireSites(shape);
  if (mode !== 'patient/local' && stepsPerRound !== 1)
    throw parametersRefused(
      'steps',
      `Mode ${mode} has one noisy step a round, not ${stepsPerRound}.`,
      'Set it to 1, or use patient/local.',
    );
  if (mode === 'site' && checked.sampling !== 1)
    throw parametersRefused('sampling', 'In mode site every site is in every round.', 'Set privacy.sampling to 1.');

  const local = mode === 'patient/local';
  const share = local ? 1 : minSites - colluders;
  const normBound = checked.normBound ?? defaultNormBound({ sites, dimension, laneMaximum, share, noiseMultiplier, local });
  const norm = normRule(dimension, clip, normBound);
  const variance = Math.ceil((noiseMultiplier * normBound) ** 2 / share);
  if (!(variance >= SMALLEST_VARIANCE))
    throw parametersRefused(
      'noiseMultiplier',
      `The integer noise of one site has variance ${variance}; at least ${SMALLEST_VARIANCE} is needed.`,
      `Take a noise multiplier of at least ${Math.ceil((Math.sqrt(SMALLEST_VARIANCE * share) / normBound) * 1e4) / 1e4}.`,
    );
  return {
    mode,
    q: samplingRate(checked.sampling),
    noiseMultiplier,
    delta: checked.delta,
    epsilonMax: checked.epsilonMax,
    steps: rounds * stepsPerRound,
    norm,
    variance,
    ...(local ? {} : { clampTo: clampBound({ sites, laneMaximum, variance, normBound }) }),
    effectiveNoise: effectiveNoise({ V: variance, m: local ? 1 : minSites, c: local ? 0 : colluders }, normBound ** 2),
    sites,
    minSites,
    colluders,
  };
}

/** All steps of a study, or some of them, as the event that ledgers hold and accountants price. */
export function trainingEvent(parameters: PrivacyParameters, steps: number = parameters.steps): IntegerGaussian {
  const { mode, q, variance, norm, minSites, colluders } = parameters;
  const alone = mode === 'patient/local';
  return {
    kind: 'integerGaussian',
    adjacency: mode === 'site' ? 'site' : 'patient',
    q: { numerator: q.numerator, bits: q.bits },
    V: variance,
    S: norm.normBound,
    d: norm.dimension,
    m: alone ? 1 : minSites,
    c: alone ? 0 : colluders,
    steps,
  };
}

function parseSettings(settings: unknown): PrivacySettings {
  const parsed = PrivacySettings.safeParse(settings);
  if (parsed.success) return parsed.data;
  const problems = schemaProblems(PrivacySettings, parsed.error);
  const [first] = problems;
  throw new ConsiliumError({
    code: 'PRIVACY_PARAMETERS',
    errorClass: 'usage',
    message: `The privacy settings are not valid: ${first ? `${first.path}: ${first.detail}` : 'wrong form'}.`,
    fix: first?.fix ?? 'Correct that field.',
    problems,
  });
}

function requireSites({ sites, minSites, colluders }: StudyShape): void {
  if (!Number.isInteger(sites) || !(sites >= 1 && sites <= MOST_SITES))
    throw parametersRefused('sites', `A sum of ${sites} sites is not possible.`, `Take 1 to ${MOST_SITES}.`);
  if (!Number.isInteger(minSites) || !(minSites >= 1 && minSites <= sites))
    throw parametersRefused('minSites', `minSites is ${minSites}; it must lie between 1 and ${sites}.`, 'Correct sites.minSites.');
  if (!Number.isInteger(colluders) || !(colluders >= 0 && colluders < minSites))
    throw parametersRefused(
      'colluders',
      `With ${colluders} colluding sites of at least ${minSites} nobody's noise is sure to be left.`,
      'Take fewer colluders than minSites.',
    );
}
