import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { Actor, KeepsToReach, Permit, reaches } from '../access/index.js';
import { departures, departureTotals, ledgerSizes, type Database, type Departure, type DepartureFilter } from '../storage/index.js';
import { EgressItem, EgressPage } from './egress-views.js';
import { cursorOf, PageQuery, readCursor } from './page.js';
import { StudyId, studyOfId } from './study-id.js';
import { DATABASE } from './tokens.js';

const Filter = PageQuery.extend({
  site: SiteName.optional(),
  study: StudyId.optional(),
  kind: z.enum(['ciphertext', 'metadata', 'model']).optional(),
  from: z.iso.datetime().or(z.iso.date()).optional(),
  to: z.iso.datetime().or(z.iso.date()).optional(),
});
type Filter = z.infer<typeof Filter>;

const Place = z.tuple([z.iso.datetime(), StudyHash, z.int()]);
/** Rows of a file that are read at one go. */
const ROWS = 2_000;

@ApiTags('egress')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/egress')
export class EgressController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Get()
  @ApiOperation({ summary: "What has left the sites, as received here; the sites' own records are the authority." })
  @ApiResponse({ status: 200, standardSchema: EgressPage })
  async list(@Query({ schema: Filter }) query: Filter, @Actor() actor: Actor): Promise<EgressPage> {
    const filter = await this.#filter(query, actor);
    const [rows, totals, ledgers] = await Promise.all([
      this.#page(filter, query.limit, query.cursor),
      // Sums do not change from page to page.
      query.cursor === undefined ? departureTotals(this.db, filter) : undefined,
      query.cursor === undefined ? ledgerSizes(this.db) : undefined,
    ]);
    const last = rows.at(-1);
    return {
      items: rows.map(egressItem),
      nextCursor: rows.length === query.limit && last ? cursorOf([last.at.toISOString(), last.study, last.seq]) : null,
      totals:
        totals && ledgers
          ? { days: [...totals], ledgers: ledgers.filter(({ site }) => reaches(actor.reach, site) && (query.site ?? site) === site) }
          : null,
    };
  }

  @Get('export')
  @KeepsToReach()
  @ApiProduces('text/csv')
  @ApiOperation({ summary: 'All rows of the filter as CSV (RFC 4180), newest first.' })
  @ApiResponse({ status: 200, description: 'The file.' })
  async export(@Query({ schema: Filter }) query: Filter, @Actor() actor: Actor): Promise<StreamableFile> {
    const filter = await this.#filter(query, actor);
    return new StreamableFile(Readable.from(this.#lines(filter)), {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="egress.csv"',
    });
  }

  async *#lines(filter: DepartureFilter): AsyncGenerator<string> {
    yield `${Object.keys(EgressItem.shape).join(',')}\r\n`;
    for (let cursor: string | undefined; ;) {
      const rows = await this.#page(filter, ROWS, cursor);
      yield rows
        .map(
          (row) =>
            `${Object.values(egressItem(row))
              .map((value) => value ?? '')
              .join(',')}\r\n`,
        )
        .join('');
      const last = rows.at(-1);
      if (rows.length < ROWS || !last) return;
      cursor = cursorOf([last.at.toISOString(), last.study, last.seq]);
    }
  }

  #page(filter: DepartureFilter, limit: number, cursor: string | undefined): Promise<readonly Departure[]> {
    if (cursor === undefined) return departures(this.db, filter, limit);
    const [at, study, seq] = readCursor(Place, cursor);
    return departures(this.db, filter, limit, { at: new Date(at), study, seq });
  }

  async #filter({ site, study, kind, from, to }: Filter, { reach }: Actor): Promise<DepartureFilter> {
    const own = reach === 'all' ? undefined : [...reach];
    return {
      sites: site === undefined ? own : own === undefined || own.includes(site) ? [site] : [],
      study: study === undefined ? undefined : await studyOfId(this.db, study),
      kind,
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
    };
  }
}

/** Names, kinds, numbers and hex alone: nothing of it needs quoting in CSV. */
const egressItem = ({ at, site, study, round, kind, bytes, sha256 }: Departure): EgressItem => ({
  at: at.toISOString(),
  site,
  study,
  round,
  kind,
  bytes,
  sha256,
  destination: 'coordinator',
  ledgerEntry: null,
});
