import { ifAllOthersCollude, plannedEvents, rdpEpsilon, type NoisyStudy } from '@consilium/privacy';

/** What a study costs one patient by Rényi divergences, which is what studies are approved by. Infinity where nothing bounds it. */
export interface StudyPrice {
  readonly delta: number;
  readonly promise: number;
  readonly ifAllOthersCollude: number;
}

/**
 * Of training and evaluation, whose patients are different people, the one that costs more (PROTOCOL.md section 6). The
 * tighter bound by loss distributions, which takes seconds, is left to `consilium study check`.
 * @returns undefined in mode `none`, which promises nothing
 */
export function studyPrice(study: NoisyStudy): StudyPrice | undefined {
  if (study.privacy.mode === 'none') return undefined;
  const { delta } = study.privacy;
  const { training, evaluation } = plannedEvents(study);
  const prices = [training, evaluation].flatMap((event) =>
    event === undefined
      ? []
      : [{ delta, promise: rdpEpsilon(event, delta), ifAllOthersCollude: rdpEpsilon(ifAllOthersCollude(event), delta) }],
  );
  return prices.reduce<StudyPrice | undefined>((most, next) => (most && most.promise >= next.promise ? most : next), undefined);
}

const known = new WeakMap<NoisyStudy, StudyPrice | 'none'>();

/** {@link studyPrice} of a study that stays the same object: counted once. */
export function priceOnce(study: NoisyStudy): StudyPrice | undefined {
  const price = known.get(study) ?? studyPrice(study) ?? 'none';
  known.set(study, price);
  return price === 'none' ? undefined : price;
}
