import { z } from 'zod';

/** What the coordinator sends: something of `topic` changed. `seq` counts a study's events without gaps; of a list it is a version. */
export const LiveEvent = z.object({ topic: z.string(), seq: z.union([z.number(), z.string()]), type: z.string().default('changed') });
export type LiveEvent = z.infer<typeof LiveEvent>;

/** `live`: the stream stands. `reconnecting`: it was cut and is tried again. `polling`: it failed twice, so pages ask by themselves. */
export type LiveState = 'live' | 'reconnecting' | 'polling';

/** From the stream to a tab. `all`: changes may have been missed, so everything shown is read again. */
export type ToTab =
  | { readonly kind: 'state'; readonly state: LiveState; readonly since: number }
  | { readonly kind: 'events'; readonly events: readonly LiveEvent[] }
  | { readonly kind: 'all' };

/** From a tab to the stream. A tab says again and again what it shows; one that falls silent is forgotten. */
export const FromTab = z.object({ kind: z.enum(['topics', 'bye']), topics: z.array(z.string()).default([]) });
export type FromTab = z.infer<typeof FromTab>;

/** How often a tab says what it shows, and after how long it is forgotten. */
export const TAB_SAYS_MS = 20_000;
export const TAB_FORGOTTEN_MS = 65_000;
