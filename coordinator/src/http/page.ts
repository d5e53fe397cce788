import { z } from 'zod';

/** A list as the API answers it; `nextCursor` is null at its end. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A list that is handed over whole. */
export const wholePage = <T>(items: readonly T[]): Page<T> => ({ items, nextCursor: null });
