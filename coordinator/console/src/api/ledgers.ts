import { z } from 'zod';
import { callAll, send } from './client.js';

const Used = z.object({ percentUsed: z.number(), epsilonUsed: z.number(), epsilonLeft: z.number() });

export const LedgerView = z.object({
  site: z.string(),
  population: z.string(),
  size: z.int(),
  headWords: z.string(),
  checkpoint: z.object({ size: z.int(), at: z.string() }),
  epsilonLimit: z.number(),
  delta: z.number(),
  frozen: z.boolean(),
  held: Used,
  spent: Used,
  studies: z.int(),
});
export type LedgerView = z.infer<typeof LedgerView>;

const place = (site: string, population: string) => `/ledgers/${encodeURIComponent(site)}/${encodeURIComponent(population)}`;

export const listLedgers = (signal?: AbortSignal) => callAll(LedgerView, '/ledgers', signal);
export const ledgerFile = async (site: string, population: string) =>
  new Uint8Array(await (await send(place(site, population))).arrayBuffer());
export const ledgerCheckpoint = async (site: string, population: string) => (await send(`${place(site, population)}/checkpoint`)).text();
