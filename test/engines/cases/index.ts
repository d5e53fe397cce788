import { PRODUCT_CASES } from './products.js';
import { POINTWISE_CASES } from './pointwise.js';
import { REDUCTION_CASES } from './reductions.js';
import { SHAPE_CASES } from './shapes.js';
import { WINDOW_CASES } from './windows.js';
import type { Case } from './case.js';

/** Everything that engines are compared on. */
export const CASES: readonly Case[] = [...WINDOW_CASES, ...POINTWISE_CASES, ...REDUCTION_CASES, ...PRODUCT_CASES, ...SHAPE_CASES];

/** A part that meets every kernel, for drivers that take long for each new shape. */
export const QUICK_CASES: readonly Case[] = CASES.filter(({ name }) => !name.endsWith('size 8'));
