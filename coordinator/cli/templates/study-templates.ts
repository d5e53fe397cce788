import { tabularLogistic } from './tabular-logistic.js';
import { tabularPrivate } from './tabular-private.js';

/** By name: what `consilium study new` writes for a study of that name. */
export const STUDY_TEMPLATES: Readonly<Record<string, (study: string) => string>> = {
  'tabular-logistic': tabularLogistic,
  'tabular-private': tabularPrivate,
};
