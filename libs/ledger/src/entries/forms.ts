import { z } from 'zod';

/** Forms that fields of entries and of decisions share. */
export const hex16 = z.string().regex(/^[0-9a-f]{32}$/, '32 hex digits');
export const hex32 = z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits');
export const hex64 = z.string().regex(/^[0-9a-f]{128}$/, '128 hex digits');
export const label = z.string().regex(/^[A-Za-z0-9_.:/=@-]{1,80}$/, '1 to 80 letters, digits and _ . : / = @ -');
/** ε_max, or an officer's limit on one study. */
export const limitValue = z.number().gt(0).max(1e6);
