import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { PopulationName, SiteName, type Json } from '@consilium/protocol';
import { z } from 'zod';
import { Actor, Permit } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import { BudgetBook, BudgetView, LooseningDesk, LooseningView, TighteningView, Tightenings } from '../budgets/index.js';
import { entityTag, requireMatch } from './entity-tag.js';
import { pageOf, wholePage, type Page } from './page.js';

/** A plain decimal above 0, as ledgers have limits: up to 1,000,000. */
const EpsilonText = z
  .string()
  .regex(/^\d{1,6}(?:\.\d{1,12})?$/, 'a decimal such as 4.5')
  .refine((text) => Number(text) > 0, 'above 0');
const Tighten = z.strictObject({ epsilonLimit: EpsilonText });
const Loosen = z.strictObject({ epsilonLimit: EpsilonText, reason: z.string().trim().min(1).max(500) });

interface Tagged {
  setHeader(name: string, value: string): unknown;
}

/** What an officer decides by: the limit as it stands, and what was asked of the site already. Rounds that are paid change neither. */
const decidingOf = ({ limit, frozen, requests }: BudgetView): Json => [
  limit.value,
  frozen,
  requests.map(({ request, state }) => [request, state]),
];

const IfMatch = () =>
  ApiHeader({ name: 'If-Match', required: false, description: 'The ETag of the budget as it was seen: 412 where it has changed.' });

@ApiTags('budgets')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/budgets')
export class BudgetsController {
  constructor(
    @Inject(BudgetBook) private readonly book: BudgetBook,
    @Inject(Tightenings) private readonly tightenings: Tightenings,
    @Inject(LooseningDesk) private readonly loosening: LooseningDesk,
  ) {}

  @Get()
  @ApiOperation({ summary: "Every population's budget over all studies, with its burn-down, computed from the mirrored ledgers." })
  @ApiResponse({ status: 200, standardSchema: pageOf(BudgetView) })
  async list(): Promise<Page<BudgetView>> {
    return wholePage(await this.book.list());
  }

  @Get(':site/:population')
  @ApiOperation({ summary: "One population's budget." })
  @ApiResponse({
    status: 200,
    standardSchema: BudgetView,
    headers: { ETag: { description: 'For If-None-Match and If-Match.', schema: { type: 'string' } } },
  })
  async view(
    @Param('site', { schema: SiteName }) site: SiteName,
    @Param('population', { schema: PopulationName }) population: PopulationName,
    @Res({ passthrough: true }) response: Tagged,
  ): Promise<BudgetView> {
    const view = await this.book.view({ site, population });
    response.setHeader('ETag', entityTag(decidingOf(view), view));
    return view;
  }

  @Post(':site/:population/tighten')
  @Permit('compliance')
  @Audited('budget.tighten')
  @HttpCode(202)
  @IfMatch()
  @ApiOperation({ summary: 'Asks the site to lower the limit. It obeys before it reserves anything more, at the latest when it returns.' })
  @ApiResponse({ status: 202, standardSchema: TighteningView })
  async tighten(
    @Param('site', { schema: SiteName }) site: SiteName,
    @Param('population', { schema: PopulationName }) population: PopulationName,
    @Body({ schema: Tighten }) { epsilonLimit }: z.infer<typeof Tighten>,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<TighteningView> {
    await this.#note(change, { site, population }, { epsilonLimit });
    return this.tightenings.tighten({ site, population }, epsilonLimit, actor.name, this.#asSeen({ site, population }, ifMatch));
  }

  @Post(':site/:population/freeze')
  @Permit('compliance')
  @Audited('budget.freeze')
  @HttpCode(202)
  @IfMatch()
  @ApiOperation({ summary: 'Asks the site to freeze the population. Only an officer at the site lifts it.' })
  @ApiResponse({ status: 202, standardSchema: TighteningView })
  async freeze(
    @Param('site', { schema: SiteName }) site: SiteName,
    @Param('population', { schema: PopulationName }) population: PopulationName,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<TighteningView> {
    await this.#note(change, { site, population }, { frozen: true });
    return this.tightenings.freeze({ site, population }, actor.name, this.#asSeen({ site, population }, ifMatch));
  }

  @Post(':site/:population/request-loosening')
  @Permit('researcher', 'compliance')
  @Audited('budget.request-loosening')
  @HttpCode(202)
  @ApiOperation({ summary: "Asks the site's officers for a higher limit: a notice, which changes nothing." })
  @ApiResponse({ status: 202, standardSchema: LooseningView })
  async requestLoosening(
    @Param('site', { schema: SiteName }) site: SiteName,
    @Param('population', { schema: PopulationName }) population: PopulationName,
    @Body({ schema: Loosen }) { epsilonLimit, reason }: z.infer<typeof Loosen>,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<LooseningView> {
    await this.#note(change, { site, population }, { asked: { epsilonLimit, reason } });
    return this.loosening.ask({ site, population }, { epsilonLimit, reason, by: actor.name });
  }

  /** Only if what the caller saw still holds; looked at within the change. */
  #asSeen(of: { readonly site: SiteName; readonly population: PopulationName }, ifMatch: string | undefined): () => Promise<void> {
    return async () => requireMatch(ifMatch, decidingOf(await this.book.view(of)));
  }

  /** Before: what the mirrored ledger says; after: what was asked of the site. */
  async #note(change: Change, of: { readonly site: SiteName; readonly population: PopulationName }, after: Json): Promise<void> {
    const { limit, frozen } = await this.book.view(of);
    change.note({ subject: `population:${of.site}/${of.population}`, before: { epsilonLimit: limit.value, frozen }, after });
  }
}
