import type { Rows } from '@consilium/cohort';
import { expandNames, FIXED_POINT, LARGEST_COUNT, levelPrefix, type MetricPlan } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import type { ModelState } from '../state/model-state.js';
import { NotFinite } from '../state/not-finite.js';
import { evaluatedPatients } from './evaluated-patients.js';
import { groupCounts, type Sums } from './group-counts.js';

/**
 * One site's line of the whole numbers that ride in the sealed sum, about `state`: loss on training and test patients, and
 * what the study's plan measures of the test patients. The l2 term is not part of a loss; sums are rounded once, at the end.
 * @param input.plan - `metricPlan` of the study
 * @param input.clamped - update values beyond `updateRange`, which the packing of this round counted
 * @returns one number for each of the plan's names (expanded)
 * @throws NotFinite where the model gives NaN or an infinity
 */
export async function metricCounts(input: {
  readonly study: LearningStudy;
  readonly plan: MetricPlan;
  readonly state: ModelState;
  readonly train: Rows;
  readonly test: Rows;
  readonly clamped: bigint;
}): Promise<Readonly<Record<string, bigint>>> {
  const { plan, train, test } = input;
  const trained = await evaluatedPatients({ ...input, rows: train });
  const tested = await evaluatedPatients({ ...input, rows: test, subgroups: plan.subgroups });
  for (const { loss, predicted } of [trained, tested])
    if (!loss.every(Number.isFinite) || !predicted.every(Number.isFinite)) throw new NotFinite('logits', 0);
  const everybody = [...tested.truth.keys()];
  const trainLoss = trained.loss.reduce((sum, loss) => sum + loss, 0);
  const groups: readonly (readonly [string, Sums])[] = [
    ['', { trainPatients: trained.count, trainLoss: trainLoss * FIXED_POINT, ...groupCounts(plan.outcome, tested, everybody, 'overall') }],
    ...plan.subgroups.flatMap((subgroup, place) =>
      subgroup.levels.map((_, level): readonly [string, Sums] => {
        const members = everybody.filter((patient) => tested.levels[place]?.[patient] === level);
        return [levelPrefix(subgroup, level), groupCounts(plan.outcome, tested, members, 'level')];
      }),
    ),
  ];
  const known = new Map(groups.flatMap(([prefix, sums]) => Object.entries(sums).map(([name, sum]) => [`${prefix}${name}`, whole(sum)])));
  return Object.fromEntries(
    expandNames(plan.names).map((name) => [
      name,
      name === 'contributors' ? 1n : name === 'clamped' ? input.clamped : (known.get(name) ?? 0n),
    ]),
  );
}

function whole(sum: number): bigint {
  const rounded = BigInt(Math.round(Math.max(0, sum)));
  return rounded > LARGEST_COUNT ? LARGEST_COUNT : rounded;
}
