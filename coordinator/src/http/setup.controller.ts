import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Access, Guessable, OpenToAnybody } from '../access/index.js';
import { AuditedInside, Change, TheChange } from '../audit/index.js';
import type { Database } from '../storage/index.js';
import { AccountAnswer, AuthMethodsView, SetupForm, SetupView, WelcomeForm } from './access-views.js';
import { DATABASE } from './tokens.js';

/** The doors for people who have no account yet: one-time links. */
@ApiTags('session')
@Controller('api/v1')
export class SetupController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Get('auth-methods')
  @OpenToAnybody()
  @ApiOperation({ summary: 'How people sign in here.' })
  @ApiResponse({ status: 200, standardSchema: AuthMethodsView })
  methods(): AuthMethodsView {
    const { provider } = this.access;
    return { password: true, oidc: provider === undefined ? null : { name: provider.name } };
  }

  @Get('setup')
  @OpenToAnybody()
  @ApiOperation({ summary: 'Whether the first admin is still to come.' })
  @ApiResponse({ status: 200, standardSchema: SetupView })
  async isOpen(): Promise<z.infer<typeof SetupView>> {
    return { open: await this.access.accounts.awaitsFirst() };
  }

  @Post('setup')
  @Guessable()
  @AuditedInside('account.setup')
  @ApiOperation({ summary: 'The first admin, by the one-time link that the coordinator printed at its start.' })
  @ApiResponse({ status: 201, standardSchema: AccountAnswer })
  async setUp(
    @Body({ schema: SetupForm }) { token, email, name, password }: z.infer<typeof SetupForm>,
    @TheChange() change: Change,
  ): Promise<z.infer<typeof AccountAnswer>> {
    const { accounts } = this.access;
    const stored = await accounts.setupPassword(token, password, { email, name });
    return { account: await change.inside(this.db, (tx) => accounts.setUp(tx, token, { email, name }, stored)) };
  }

  @Post('welcome')
  @Guessable()
  @AuditedInside('account.welcome')
  @ApiOperation({ summary: 'Somebody who was invited takes a password.' })
  @ApiResponse({ status: 201, standardSchema: AccountAnswer })
  async welcome(
    @Body({ schema: WelcomeForm }) { token, password }: z.infer<typeof WelcomeForm>,
    @TheChange() change: Change,
  ): Promise<z.infer<typeof AccountAnswer>> {
    const { accounts } = this.access;
    const stored = await accounts.welcomePassword(token, password);
    return { account: await change.inside(this.db, (tx) => accounts.welcome(tx, token, stored)) };
  }
}
