import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Access, Actor, ApiTokenView, NewToken, SignedIn } from '../access/index.js';
import { AuditedInside, Change, TheChange } from '../audit/index.js';
import type { Database } from '../storage/index.js';
import { TokenForm } from './access-views.js';
import { pageOf, wholePage, type Page } from './page.js';
import { DATABASE } from './tokens.js';

/** Tokens with which programs act for the person who made them. */
@ApiTags('people')
@ApiBearerAuth()
@SignedIn()
@Controller('api/v1/tokens')
export class ApiTokensController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Get()
  @ApiOperation({ summary: "One's own API tokens; an admin sees everybody's." })
  @ApiResponse({ status: 200, standardSchema: pageOf(ApiTokenView) })
  async list(@Actor() actor: Actor): Promise<Page<ApiTokenView>> {
    return wholePage(await this.access.tokens.list(actor));
  }

  @Post()
  @AuditedInside('token.create')
  @ApiOperation({ summary: 'A token for 1 to 90 days. It is shown once; only its hash is kept.' })
  @ApiResponse({ status: 201, standardSchema: NewToken })
  async create(
    @Body({ schema: TokenForm }) wish: z.infer<typeof TokenForm>,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<NewToken> {
    return change.inside(this.db, (tx) => this.access.tokens.create(tx, actor, wish));
  }

  @Delete(':id')
  @HttpCode(204)
  @AuditedInside('token.revoke')
  @ApiOperation({ summary: 'Ends a token.' })
  async revoke(@Param('id', { schema: z.uuid() }) id: string, @Actor() actor: Actor, @TheChange() change: Change): Promise<void> {
    await change.inside(this.db, (tx) => this.access.tokens.revoke(tx, actor, id));
  }
}
