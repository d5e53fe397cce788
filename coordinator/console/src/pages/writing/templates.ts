import { tabularLogistic } from '../../../../cli/templates/tabular-logistic.js';
import { tabularPrivate } from '../../../../cli/templates/tabular-private.js';

const NAME = 'heart-lr';

/** What a study can begin with: the same texts as `consilium study new`. */
export const TEMPLATES = {
  private: tabularPrivate(NAME),
  plain: tabularLogistic(NAME),
  network: tabularLogistic('heart-net').replace(
    /^model: .*$/m,
    'model: { type: multilayer-perceptron, hidden: [8], activation: tanh, l2: 0.01 }',
  ),
} as const;
