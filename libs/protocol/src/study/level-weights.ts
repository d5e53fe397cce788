import { z } from 'zod';
import { column } from './cell-schema.js';

/** Public constants that multiply the loss of each record of a level; levels that are not named, and missing values, have 1. */
export const LevelWeights = z.strictObject({
  input: column,
  levels: z.record(z.string(), z.number().min(0).max(1e3)).refine((levels) => Object.keys(levels).length > 0, 'at least one level'),
});
