import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  parseYaml,
  resolveStudy,
  SiteName,
  StudyFile,
  studyHash,
  studySpecification,
  type ResolvedStudy,
  type StudyHash,
} from '@consilium/protocol';
import { requireAffordable } from '@consilium/privacy';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { z } from 'zod';
import { Actor, ChangesNothing, Permit } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import { SiteDirectory, sitesThatFit } from '../sites/index.js';
import type { Database } from '../storage/index.js';
import { entityTag, requireMatch } from './entity-tag.js';
import { epsilonOf } from './epsilon.js';
import { PageQuery, pageOf, takePage, type Page } from './page.js';
import { StudyListItem } from './reading-views.js';
import { StudyDesk, type Expectation } from './study-desk.js';
import { StudyId, studyOfId } from './study-id.js';
import { decidingOf, ROUND_PLACES, STUDY_PLACES } from './study-paths.js';
import { priceOnce } from '../studies/study-price.js';
import { RoundView, StudyCheck, StudyEventView, StudyStateWord, StudyView, type StudySummary } from './study-views.js';
import { DATABASE } from './tokens.js';

const Proposal = z.strictObject({ specification: z.string().max(2 ** 20) });
const Check = z.strictObject({ yaml: z.string().max(2 ** 20) });
const Excuse = z.strictObject({ site: SiteName });
const After = z.object({
  after: z.coerce.number().int().min(0).default(0),
  waitSeconds: z.coerce.number().min(0).max(25).default(0),
});

/** What the audit log has of a study. */
const told = ({ name, state, stateReason, round }: StudyView) => ({ name, state, stateReason, round });

const StudyQuery = PageQuery.extend({ state: StudyStateWord.optional(), q: z.string().max(200).optional() });
/** Points of a sparkline. */
const SPARKS = 20;

interface Tagged {
  setHeader(name: string, value: string): unknown;
}

/** Only if what the caller saw still holds. */
const asSeen =
  (ifMatch: string | undefined): Expectation =>
  (seen) =>
    requireMatch(ifMatch, decidingOf(seen));

const IfMatch = () =>
  ApiHeader({ name: 'If-Match', required: false, description: 'The ETag of the study as it was seen: 412 where it has changed.' });

/** A study that keeps to its own limits. @throws ConsiliumError for a file that is none, or one that would cost too much */
function resolved(yaml: string): ResolvedStudy {
  const study = resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters);
  requireAffordable(study);
  return study;
}

@ApiTags('studies')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/studies')
export class StudiesController {
  constructor(
    @Inject(StudyDesk) private readonly desk: StudyDesk,
    @Inject(SiteDirectory) private readonly sites: SiteDirectory,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Post('check')
  @Permit('researcher')
  @ChangesNothing()
  @HttpCode(200)
  @ApiOperation({ summary: 'What a study file comes to, and which of its sites could run it. Nothing is kept.' })
  @ApiResponse({ status: 200, standardSchema: StudyCheck })
  async check(@Body({ schema: Check }) { yaml }: z.infer<typeof Check>): Promise<StudyCheck> {
    const study = resolved(yaml);
    const sites = sitesThatFit(study, await this.sites.list());
    return { hash: studyHash(studySpecification(study)), name: study.name, cohort: study.cohort.name, sites: [...sites] };
  }

  @Post()
  @Permit('researcher')
  @Audited('study.propose')
  @ApiOperation({ summary: 'Proposes a study (YAML) to the sites it names. The same study again is the same study.' })
  @ApiResponse({ status: 201, standardSchema: StudyView })
  async propose(
    @Body({ schema: Proposal }) { specification }: z.infer<typeof Proposal>,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<StudyView> {
    const study = resolved(specification);
    const view = await this.desk.propose(study, studySpecification(study), actor.name);
    change.note({ subject: `study:${view.hash}`, after: told(view) });
    return view;
  }

  @Get()
  @ApiOperation({ summary: 'Studies, newest first; by state, and by what name or hash begin with or hold.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(StudyListItem) })
  async list(@Query({ schema: StudyQuery }) { state, q = '', ...query }: z.infer<typeof StudyQuery>): Promise<Page<StudyListItem>> {
    const wanted = q.trim().toLowerCase();
    const found = (await this.desk.list()).filter(
      (study) => (state === undefined || study.state === state) && (study.name.includes(wanted) || study.hash.startsWith(wanted)),
    );
    const { items, nextCursor } = takePage(found.toSorted(newestFirst), query, STUDY_PLACES);
    return { items: await Promise.all(items.map((summary) => this.#listed(summary))), nextCursor };
  }

  @Get(':id')
  @ApiOperation({ summary: 'A study by hash, unique beginning of a hash, or name (the newest of that name).' })
  @ApiResponse({
    status: 200,
    standardSchema: StudyView,
    headers: { ETag: { description: 'For If-None-Match and If-Match.', schema: { type: 'string' } } },
  })
  async view(@Param('id', { schema: StudyId }) id: string, @Res({ passthrough: true }) response: Tagged): Promise<StudyView> {
    const view = await this.desk.view(await this.#hash(id));
    response.setHeader('ETag', entityTag(decidingOf(view), view));
    return view;
  }

  @Post(':id/launch')
  @Permit('researcher')
  @Audited('study.launch')
  @HttpCode(200)
  @IfMatch()
  @ApiOperation({ summary: 'Starts an approved study, or queues it.' })
  @ApiResponse({ status: 200, standardSchema: StudyView })
  async launch(
    @Param('id', { schema: StudyId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<StudyView> {
    return this.#act(id, change, (hash) => this.desk.launch(hash, actor.name, asSeen(ifMatch)));
  }

  @Post(':id/stop')
  @Permit('researcher')
  @Audited('study.stop')
  @HttpCode(200)
  @IfMatch()
  @ApiOperation({ summary: 'Ends a study before its last round.' })
  @ApiResponse({ status: 200, standardSchema: StudyView })
  async stop(
    @Param('id', { schema: StudyId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<StudyView> {
    return this.#act(id, change, (hash) => this.desk.stop(hash, actor.name, asSeen(ifMatch)));
  }

  @Post(':id/excused')
  @Permit('researcher')
  @Audited('study.excuse')
  @HttpCode(200)
  @IfMatch()
  @ApiOperation({ summary: 'Lets a study go on without a site that refused, as long as enough others are there.' })
  @ApiResponse({ status: 200, standardSchema: StudyView })
  async excuse(
    @Param('id', { schema: StudyId }) id: string,
    @Body({ schema: Excuse }) { site }: z.infer<typeof Excuse>,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<StudyView> {
    return this.#act(id, change, (hash) => this.desk.goOnWithout(hash, site, actor.name, asSeen(ifMatch)));
  }

  @Get(':id/events')
  @ApiOperation({ summary: "The study's events after a sequence number; waits for the first one where there is none yet." })
  @ApiResponse({ status: 200, standardSchema: pageOf(StudyEventView) })
  async events(
    @Param('id', { schema: StudyId }) id: string,
    @Query({ schema: After }) { after, waitSeconds }: z.infer<typeof After>,
  ): Promise<Page<StudyEventView>> {
    const items = await this.desk.events(await this.#hash(id), after, waitSeconds * 1_000);
    return { items, nextCursor: String(items.at(-1)?.seq ?? after) };
  }

  @Get(':id/rounds')
  @ApiOperation({ summary: "The study's rounds, one for each attempt." })
  @ApiResponse({ status: 200, standardSchema: pageOf(RoundView) })
  async rounds(@Param('id', { schema: StudyId }) id: string, @Query({ schema: PageQuery }) query: PageQuery): Promise<Page<RoundView>> {
    return takePage(await this.desk.rounds(await this.#hash(id)), query, ROUND_PLACES);
  }

  @Get(':id/model')
  @Permit('researcher', 'compliance')
  @ApiProduces('application/json')
  @ApiOperation({ summary: 'The model bundle, byte for byte as the sites signed it; 409 until they have released it.' })
  @ApiResponse({ status: 200, description: 'The bundle.' })
  async model(@Param('id', { schema: StudyId }) id: string): Promise<StreamableFile> {
    const bundle = await this.desk.model(await this.#hash(id));
    return new StreamableFile(bundle, { type: 'application/json', length: bundle.length });
  }

  async #act(id: string, change: Change, act: (hash: StudyHash) => Promise<StudyView>): Promise<StudyView> {
    const hash = await this.#hash(id);
    change.note({ subject: `study:${hash}`, before: told(await this.desk.view(hash)) });
    const view = await act(hash);
    change.note({ after: told(view) });
    return view;
  }

  async #listed(summary: StudySummary): Promise<StudyListItem> {
    const price = priceOnce(await this.desk.study(summary.hash));
    return { ...summary, epsilon: price ? epsilonOf(price.promise) : null, losses: [...this.desk.losses(summary.hash, SPARKS)] };
  }

  #hash(id: string): Promise<StudyHash> {
    return studyOfId(this.db, id);
  }
}

const newestFirst = (one: StudySummary, other: StudySummary): number =>
  other.proposedAt.localeCompare(one.proposedAt) || (one.hash < other.hash ? 1 : -1);
