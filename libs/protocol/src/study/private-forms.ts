import type { Layer } from './layers.js';
import type { OutcomeType } from './outcome.js';

/** What patient modes cannot train yet: nothing here bounds what one patient contributes (PROTOCOL.md section 6). */
const WITHOUT_PRIVATE_FORM: { readonly layers: readonly Layer['kind'][]; readonly outcomes: readonly OutcomeType[] } = {
  layers: ['cuts', 'convolution', 'pool', 'globalAverage', 'groupNorm', 'layerNorm', 'embedding'],
  outcomes: ['class', 'ordinal', 'number', 'count', 'survival'],
};

/** Whether a layer can be trained in patient modes; batch normalisation, which mixes patients, never can. */
export const layerHasPrivateForm = (kind: Layer['kind']): boolean => kind !== 'batchNorm' && !WITHOUT_PRIVATE_FORM.layers.includes(kind);

/** Whether an outcome can be learned in patient modes. */
export const outcomeHasPrivateForm = (type: OutcomeType): boolean => !WITHOUT_PRIVATE_FORM.outcomes.includes(type);
