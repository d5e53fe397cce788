import { z } from 'zod';
import { call, Nothing, pageOf, query, send } from './client.js';

export const InboxItem = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  since: z.string(),
  link: z.string().nullish(),
  severity: z.string().default('info'),
  whoCanAct: z.string().nullish(),
});
export type InboxItem = z.infer<typeof InboxItem>;
const DoneItem = z.object({ id: z.string(), title: z.string(), at: z.string(), link: z.string().nullish() });
const Inbox = z.object({ items: z.array(InboxItem), done: z.array(DoneItem).default([]) });

export const EgressItem = z.object({
  at: z.string(),
  site: z.string(),
  study: z.string().nullish(),
  round: z.int().nullish(),
  kind: z.string(),
  bytes: z.number(),
  sha256: z.string().nullish(),
  destination: z.string().nullish(),
  ledgerEntry: z.union([z.string(), z.number()]).nullish(),
});
export type EgressItem = z.infer<typeof EgressItem>;
const EgressTotals = z.object({
  days: z.array(z.object({ day: z.string(), kind: z.string(), items: z.int(), bytes: z.number() })),
  ledgers: z.array(z.object({ site: z.string(), population: z.string(), entries: z.int(), bytes: z.number() })).default([]),
});
/** `totals` are over all pages, and come with the first one. */
const EgressPage = pageOf(EgressItem).extend({ totals: EgressTotals.nullish() });
export type EgressTotals = z.infer<typeof EgressTotals>;

export const AuditEntry = z.object({
  seq: z.int(),
  at: z.string(),
  actor: z.string(),
  via: z.string().nullish(),
  from: z.string().nullish(),
  action: z.string(),
  subject: z.string().nullish(),
  outcome: z.string().default('done'),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  requestId: z.string().nullish(),
  hash: z.string().nullish(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
const AuditVerdict = z.object({ ok: z.boolean(), entries: z.int(), firstBad: z.object({ seq: z.int(), reason: z.string() }).nullish() });

export const readInbox = (signal?: AbortSignal) => call(Inbox, '/inbox', { signal });
export const snooze = (id: string, days: number) =>
  call(Nothing, `/inbox/${encodeURIComponent(id)}/snooze`, { method: 'POST', body: { days } });
export interface EgressFilter {
  readonly site?: string;
  readonly study?: string;
  readonly kind?: string;
  readonly from?: string;
  readonly to?: string;
}
/** A day that is meant whole; the API's `to` is the first moment that is not. */
const whole = <T extends { readonly to?: string }>({ to, ...filter }: T) => ({
  ...filter,
  to: to && new Date(Date.parse(to) + 86_400_000).toISOString().slice(0, 10),
});
export const listEgress = (filter: EgressFilter, cursor: string | undefined, signal?: AbortSignal) =>
  call(EgressPage, `/egress${query({ ...whole(filter), limit: 200, cursor })}`, { signal });
export const egressExport = (filter: EgressFilter) => `/api/v1/egress/export${query(whole(filter))}`;
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
  readonly q?: string;
}
export const listAudit = (filter: AuditFilter, cursor: string | undefined, signal?: AbortSignal) =>
  call(pageOf(AuditEntry), `/audit${query({ ...whole(filter), limit: 100, cursor })}`, { signal });
export const verifyAudit = () => call(AuditVerdict, '/audit/verify');
export const auditExport = (filter: AuditFilter, format: 'csv' | 'jsonl') => `/api/v1/audit/export${query({ ...whole(filter), format })}`;
const MadeReport = z.object({
  id: z.string(),
  site: z.string(),
  from: z.string(),
  to: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
});
export type MadeReport = z.infer<typeof MadeReport>;

export const listReports = (signal?: AbortSignal) => call(z.object({ items: z.array(MadeReport).default([]) }), '/reports', { signal });
export const createDpoReport = (body: { site: string; from: string; to: string }) =>
  call(z.object({ id: z.string() }), '/reports/dpo', { method: 'POST', body });
export const reportFile = async (id: string, format: 'pdf' | 'json') => (await send(`/reports/${encodeURIComponent(id)}.${format}`)).blob();
