import type { ResolvedStudy } from '@consilium/protocol';

/** The part of a resolved study that decides what is learned; a `ResolvedStudy` is one. */
export interface LearningStudy extends Pick<ResolvedStudy, 'model' | 'algorithm' | 'seed'> {
  readonly cohort: Pick<ResolvedStudy['cohort'], 'outcome'>;
  readonly derived: Pick<ResolvedStudy['derived'], 'tensors' | 'localTensors' | 'recordWeights' | 'layers'>;
}
