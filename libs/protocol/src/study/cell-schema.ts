import { z } from 'zod';

export const finite = z.number('a number').refine(Number.isFinite, 'a finite number');

/** A cell's text, which YAML may have read as a number or a truth value. */
export const cell = z.union([z.string(), finite.transform(String), z.boolean().transform((b) => (b ? '1' : '0'))]);

export const column = z.string().min(1, 'a column name').max(80);
