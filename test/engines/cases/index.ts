import { PRODUCT_CASES } from './products.js';
import { POINTWISE_CASES } from './pointwise.js';
import { REDUCTION_CASES } from './reductions.js';
import { SHAPE_CASES } from './shapes.js';
import { WINDOW_CASES } from './windows.js';
import type { Case } from './case.js';

/** Everything that engines are compared on. */
export const CASES: readonly Case[] = [...WINDOW_CASES, ...POINTWISE_CASES, ...REDUCTION_CASES, ...PRODUCT_CASES, ...SHAPE_CASES];

const kernel = ({ name }: Case): string => /^\w+/.exec(name)?.[0] ?? name;

/** The first case of each kernel, for drivers that take long for each new shape. */
export const QUICK_CASES: readonly Case[] = [...new Map(CASES.toReversed().map((one) => [kernel(one), one])).values()].reverse();
