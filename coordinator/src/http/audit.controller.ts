import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Access, PermitWhole } from '../access/index.js';
import { auditCsv, auditJsonl, AuditEntry } from '../audit/index.js';
import { pageOf, type Page } from './page.js';

const text = z.string().min(1).max(200);
const instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).transform((value) => new Date(value).toISOString());

const Filter = z.object({
  from: instant.optional(),
  to: instant.optional(),
  actor: text.optional(),
  action: text.optional(),
  q: text.optional(),
});
const Listing = Filter.extend({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.coerce.number().int().min(1).optional(),
});
const Export = Filter.extend({ format: z.enum(['jsonl', 'csv']).default('jsonl') });
const Pin = z.object({
  /** `SEQ:HASH`, noted earlier. */
  head: z
    .string()
    .regex(/^\d{1,15}:[0-9a-f]{64}$/, 'SEQ:HASH')
    .optional(),
});

const Verdict = z.object({
  ok: z.boolean(),
  entries: z.int(),
  head: z.object({ seq: z.int(), hash: z.string() }),
  firstBad: z.object({ seq: z.int(), reason: z.string() }).optional(),
});

/** Who changed what: a chain of entries, each over the one before. */
@ApiTags('audit')
@ApiBearerAuth()
@PermitWhole('admin', 'compliance')
@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(Access) private readonly access: Access) {}

  @Get()
  @ApiOperation({ summary: 'Entries, newest first, by time, actor, action, or any part of their text.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(AuditEntry) })
  async list(@Query({ schema: Listing }) { limit, cursor, ...filter }: z.infer<typeof Listing>): Promise<Page<AuditEntry>> {
    const found = await this.access.audit.find(filter, limit + 1, cursor);
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? String(items.at(-1)?.seq) : null };
  }

  @Get('verify')
  @ApiOperation({ summary: 'Follows the whole chain. With a head that was noted earlier, a chain that was written anew shows too.' })
  @ApiResponse({ status: 200, standardSchema: Verdict })
  async verify(@Query({ schema: Pin }) { head }: z.infer<typeof Pin>): Promise<z.infer<typeof Verdict>> {
    const [seq, hash] = head?.split(':') ?? [];
    return this.access.audit.verify(hash === undefined ? undefined : { seq: Number(seq), hash });
  }

  @Get('export')
  @ApiProduces('application/jsonl', 'text/csv')
  @ApiOperation({
    summary: 'All entries that the filter lets through, oldest first. Unfiltered JSON lines verify offline: consilium audit verify FILE.',
  })
  @ApiResponse({ status: 200, description: 'The file.' })
  export(@Query({ schema: Export }) { format, ...filter }: z.infer<typeof Export>): StreamableFile {
    const entries = this.access.audit.all(filter);
    const [lines, type] = format === 'csv' ? [auditCsv(entries), 'text/csv; charset=utf-8'] : [auditJsonl(entries), 'application/jsonl'];
    return new StreamableFile(Readable.from(lines), { type, disposition: `attachment; filename="audit.${format}"` });
  }
}
