import { z } from 'zod';
import { call, callAll, Nothing } from './client.js';
import { Epsilon } from './epsilon.js';

export const Budget = z.object({
  site: z.string(),
  population: z.string(),
  limit: Epsilon,
  spent: Epsilon,
  reserved: Epsilon,
  left: Epsilon,
  delta: z.number(),
  unit: z.string().default('patient'),
  frozen: z.boolean(),
  projectedExhaustion: z.string().nullish(),
  studies: z.array(z.object({ hash: z.string(), name: z.string().nullish(), epsilon: Epsilon })).default([]),
  history: z.array(z.object({ at: z.string(), limit: Epsilon, left: Epsilon, reserved: Epsilon, spent: Epsilon })).default([]),
  frozenBy: z.string().nullish(),
  requests: z.array(z.object({ state: z.string(), sentence: z.string(), askedAt: z.string(), by: z.string() })).default([]),
  verified: z.boolean().nullish(),
});
export type Budget = z.infer<typeof Budget>;

/** Limits are compared to the last digit, so they travel as decimals. */
const decimal = (value: number) => value.toFixed(4).replace(/\.?0+$/, '');
const place = (site: string, population: string) => `/budgets/${encodeURIComponent(site)}/${encodeURIComponent(population)}`;

export const listBudgets = (signal?: AbortSignal) => callAll(Budget, '/budgets', signal);
export const tighten = (site: string, population: string, epsilonLimit: number) =>
  call(Nothing, `${place(site, population)}/tighten`, { method: 'POST', body: { epsilonLimit: decimal(epsilonLimit) } });
export const freeze = (site: string, population: string) =>
  call(Nothing, `${place(site, population)}/freeze`, { method: 'POST', body: {} });
export const requestLoosening = (site: string, population: string, epsilonLimit: number, reason: string) =>
  call(Nothing, `${place(site, population)}/request-loosening`, { method: 'POST', body: { epsilonLimit: decimal(epsilonLimit), reason } });
