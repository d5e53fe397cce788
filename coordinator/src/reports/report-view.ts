import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { ReportRow } from '../storage/index.js';

/** A report that was made, and where it is. */
export const ReportView = z.object({
  id: z.string(),
  kind: z.literal('dpo'),
  site: SiteName,
  from: z.iso.date(),
  to: z.iso.date(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  /** Paths of this API. */
  pdf: z.string(),
  json: z.string(),
});
export type ReportView = z.infer<typeof ReportView>;

export function reportView({
  id,
  site,
  from_day: from,
  to_day: to,
  created_by: createdBy,
  created_at: createdAt,
}: Omit<ReportRow, 'content' | 'pdf'>): ReportView {
  const path = `/api/v1/reports/${id}`;
  return { id, kind: 'dpo', site, from, to, createdAt: createdAt.toISOString(), createdBy, pdf: `${path}.pdf`, json: `${path}.json` };
}
