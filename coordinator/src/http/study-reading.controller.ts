import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ConsiliumError, studySpecification, studyYaml, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { Actor, ChangesNothing, notPermitted, Permit, reaches } from '../access/index.js';
import { SiteDirectory } from '../sites/index.js';
import type { Database } from '../storage/index.js';
import { forecastOf } from '../studies/forecast-study.js';
import { priceOnce } from '../studies/study-price.js';
import { studyDifference } from '../studies/study-difference.js';
import { epsilonOf } from './epsilon.js';
import { pageOf, wholePage, type Page } from './page.js';
import {
  Comparison,
  SitePhases,
  SpecificationView,
  StudyDifference,
  StudyForecast,
  StudyMetricsView,
  StudyVersion,
} from './reading-views.js';
import { StudyDesk } from './study-desk.js';
import { StudyId, studyOfId } from './study-id.js';
import { DATABASE } from './tokens.js';

const Draft = z.strictObject({ yaml: z.string().max(2 ** 20) });
const Round = z.object({ round: z.coerce.number().int().min(0).max(100_000).optional() });
const Several = z.object({ ids: z.string().max(1_000) });
const MOST_COMPARED = 5;

/** What the console reads of studies. Nothing here changes anything. */
@ApiTags('studies')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/studies')
export class StudyReadingController {
  constructor(
    @Inject(StudyDesk) private readonly desk: StudyDesk,
    @Inject(SiteDirectory) private readonly sites: SiteDirectory,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Post('forecast')
  @Permit('researcher')
  @ChangesNothing()
  @HttpCode(200)
  @ApiOperation({ summary: 'What a study file comes to while it is written: always 200, with what is wrong with it. Nothing is kept.' })
  @ApiResponse({ status: 200, standardSchema: StudyForecast })
  async forecast(@Body({ schema: Draft }) { yaml }: z.infer<typeof Draft>): Promise<StudyForecast> {
    return forecastOf(yaml, await this.sites.list());
  }

  @Get('compare')
  @ApiOperation({ summary: 'Up to five studies side by side: curves, newest metrics, epsilon.' })
  @ApiResponse({ status: 200, standardSchema: Comparison })
  async compare(@Query({ schema: Several }) { ids }: z.infer<typeof Several>): Promise<Comparison> {
    const wanted = [...new Set(ids.split(',').filter((id) => id !== ''))];
    if (wanted.length === 0 || wanted.length > MOST_COMPARED) throw tooMany();
    const hashes = await Promise.all(wanted.map((id) => this.#hash(StudyId.parse(id))));
    return { items: await Promise.all([...new Set(hashes)].map((hash) => this.desk.compared(hash))) };
  }

  @Get(':id/specification')
  @ApiOperation({ summary: 'The study as people write it, and the bytes that are hashed.' })
  @ApiResponse({ status: 200, standardSchema: SpecificationView })
  async specification(@Param('id', { schema: StudyId }) id: string, @Actor() actor: Actor): Promise<SpecificationView> {
    const hash = await this.#hash(id);
    const study = await this.#whole(hash, actor);
    return { hash, yaml: studyYaml(study), canonical: studySpecification(study).toString('utf8') };
  }

  @Get(':id/versions')
  @ApiOperation({ summary: 'All studies of the same name, newest first. Approvals belong to one version.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(StudyVersion) })
  async versions(@Param('id', { schema: StudyId }) id: string): Promise<Page<StudyVersion>> {
    const { name } = await this.desk.study(await this.#hash(id));
    const same = (await this.desk.list()).filter((study) => study.name === name);
    return wholePage(
      await Promise.all(
        same.map(async ({ hash, proposedAt, state }) => {
          const price = priceOnce(await this.desk.study(hash));
          const { approvals } = await this.desk.view(hash);
          return {
            hash,
            name,
            proposedAt,
            state,
            approvals: approvals.map(({ site }) => site),
            epsilon: price ? epsilonOf(price.promise) : null,
          };
        }),
      ),
    );
  }

  @Get(':id/diff/:other')
  @ApiOperation({ summary: 'What changed from the study to the other one, field by field, with the effect on epsilon, data and release.' })
  @ApiResponse({ status: 200, standardSchema: StudyDifference })
  async diff(
    @Param('id', { schema: StudyId }) id: string,
    @Param('other', { schema: StudyId }) other: string,
    @Actor() actor: Actor,
  ): Promise<StudyDifference> {
    const [from, to] = await Promise.all([this.#hash(id), this.#hash(other)]);
    return { from, to, ...studyDifference(await this.#whole(from, actor), await this.#whole(to, actor)) };
  }

  @Get(':id/metrics')
  @ApiOperation({
    summary: 'All that signed totals tell of the model: the whole curve, and of its last point ROC, calibration, confusion, subgroups.',
  })
  @ApiResponse({ status: 200, standardSchema: StudyMetricsView })
  async metrics(@Param('id', { schema: StudyId }) id: string): Promise<StudyMetricsView> {
    return this.desk.metrics(await this.#hash(id));
  }

  @Get(':id/site-phases')
  @ApiOperation({ summary: 'Which site did what when in one round, without a number in the newest one: the bars of a Gantt chart.' })
  @ApiResponse({ status: 200, standardSchema: SitePhases })
  async sitePhases(
    @Param('id', { schema: StudyId }) id: string,
    @Query({ schema: Round }) { round }: z.infer<typeof Round>,
  ): Promise<SitePhases> {
    return this.desk.sitePhases(await this.#hash(id), round);
  }

  /** A specification names every site of its study, and cannot be cut: it is for those whose own site takes part. */
  async #whole(hash: StudyHash, { reach }: Actor): Promise<ResolvedStudy> {
    const study = await this.desk.study(hash);
    if (reach === 'all' || study.sites.names.some((site) => reaches(reach, site))) return study;
    throw notPermitted('None of your sites takes part in this study.');
  }

  #hash(id: string): Promise<StudyHash> {
    return studyOfId(this.db, id);
  }
}

const tooMany = (): ConsiliumError =>
  new ConsiliumError({
    code: 'COMPARE_COUNT',
    errorClass: 'usage',
    message: `One to ${MOST_COMPARED} studies are compared.`,
    fix: 'Name them by hash or name, comma separated: ?ids=7c41,19be.',
  });
