import { ConsiliumError, type Json } from '@consilium/protocol';
import { z } from 'zod';

/** A list as the API answers it; `nextCursor` is null at its end. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** What every list takes: how many at once, and where the page before ended. Spread its shape to add filters. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(200),
  cursor: z.string().max(1_000).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** A list that is handed over whole. */
export const wholePage = <T>(items: readonly T[]): Page<T> => ({ items, nextCursor: null });

/** A place in a list as text that means nothing to whoever carries it. */
export const cursorOf = (place: Json): string => Buffer.from(JSON.stringify(place), 'utf8').toString('base64url');

/** @throws ConsiliumError CURSOR_INVALID for what {@link cursorOf} did not make of such a place */
export function readCursor<S extends z.ZodType>(schema: S, cursor: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new ConsiliumError({
      code: 'CURSOR_INVALID',
      errorClass: 'usage',
      message: 'This cursor belongs to no list of this kind.',
      fix: 'Begin the list again without a cursor, and pass on nextCursor as it came.',
      cause,
    });
  }
}

/** How a list in memory is cut: by places that stay where they are when items come and go. */
export interface Places<T, S extends z.ZodType> {
  readonly schema: S;
  readonly placeOf: (item: T) => z.output<S> & Json;
  /** Whether an item stands behind a place. */
  readonly isBehind: (item: T, place: z.output<S>) => boolean;
}

/** @param items - in the order of their places @throws ConsiliumError CURSOR_INVALID */
export function takePage<T, S extends z.ZodType>(items: readonly T[], { limit, cursor }: PageQuery, places: Places<T, S>): Page<T> {
  const place = cursor === undefined ? undefined : readCursor(places.schema, cursor);
  const rest = place === undefined ? items : items.filter((item) => places.isBehind(item, place));
  const taken = rest.slice(0, limit);
  const last = taken.at(-1);
  return { items: taken, nextCursor: rest.length > taken.length && last !== undefined ? cursorOf(places.placeOf(last)) : null };
}
