import { z } from 'zod';

/**
 * What a person may be, and the same for a whole account: `researcher` writes and runs studies; `site-it` looks after
 * the sites it is bound to; `compliance` reads everything and may tighten, over all sites or those it is bound to;
 * `admin` looks after people and sites.
 */
export const ROLES = ['researcher', 'site-it', 'compliance', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;
