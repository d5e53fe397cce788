import type { ResolvedStudy } from '@consilium/protocol';
import type { IntegerGaussian } from '../events/privacy-event.js';

/** What a study will release, if it runs as planned: of training patients, and of evaluation patients, who are others. */
export interface PlannedEvents {
  /** Absent in mode `none`, which promises nothing. */
  readonly training?: IntegerGaussian;
  /** Absent where no metrics are asked for. */
  readonly evaluation?: IntegerGaussian;
}

/** The study's noise as the accountants read it. A `ResolvedStudy` is one. */
export type NoisyStudy = Pick<ResolvedStudy, 'algorithm' | 'metrics' | 'privacy'> & {
  readonly derived: Pick<ResolvedStudy['derived'], 'noise' | 'parameterCount' | 'thresholds'>;
};

/**
 * The event that a study plans, fixed before it starts: what its own epsilon is the price of (PROTOCOL.md section 7, "What
 * is shown"). One round of a distributed study is one step; the local mode pays for every local step by itself.
 */
export function plannedEvents({ algorithm, metrics, privacy, derived }: NoisyStudy): PlannedEvents {
  const { noise, parameterCount, thresholds } = derived;
  if (privacy.mode === 'none' || noise === undefined) return {};
  const alone = privacy.mode === 'patient/local';
  const sites = alone ? { m: 1, c: 0 } : { m: thresholds.m, c: thresholds.c };
  const event = { kind: 'integerGaussian', adjacency: privacy.unit, ...sites } as const;
  const { rounds } = algorithm;
  const training: IntegerGaussian = {
    ...event,
    q: noise.sampling,
    V: noise.variance,
    S: noise.normBound,
    d: parameterCount,
    steps: alone && algorithm.name !== 'dp-sgd' ? rounds * algorithm.localSteps : rounds,
  };
  const { tableVariance, tableNorm, tableCells } = noise;
  if (tableVariance === undefined || tableNorm === undefined || tableCells === undefined) return { training };
  // Every so many train rounds, and the round that only evaluates.
  const tables = Math.ceil(rounds / metrics.every) + 1;
  const whole = { numerator: 1, bits: 0 };
  return { training, evaluation: { ...event, q: whole, V: tableVariance, S: tableNorm, d: tableCells, steps: tables } };
}

/**
 * What one round of a study releases: what a ledger holds, reserves and spends (PROTOCOL.md section 7). A round of a
 * distributed study is one step, one of the local mode all its local steps; the tables of metrics together are one release.
 */
export function roundEvents(study: NoisyStudy): PlannedEvents {
  const { training, evaluation } = plannedEvents({ ...study, algorithm: { ...study.algorithm, rounds: 1 } });
  return {
    ...(training === undefined ? {} : { training }),
    ...(evaluation === undefined ? {} : { evaluation: { ...evaluation, steps: 1 } }),
  };
}

/**
 * On whose patients a round of a study draws: training patients in a train round, evaluation patients where it carries the
 * table of scores.
 * @param round - 1 to rounds + 1; the last one only evaluates
 */
export function purposesOfRound({ algorithm, metrics, derived }: NoisyStudy, round: number): readonly (keyof PlannedEvents)[] {
  const training = round <= algorithm.rounds ? (['training'] as const) : [];
  const evaluates = round > algorithm.rounds || (round - 1) % metrics.every === 0;
  return evaluates && derived.noise?.tableVariance !== undefined ? [...training, 'evaluation'] : training;
}
