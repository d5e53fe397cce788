import type { ColumnType } from 'kysely';

/** Read as a value, written as JSON text (`toJsonb`). */
export type JsonColumn<T> = ColumnType<T, string, string>;
