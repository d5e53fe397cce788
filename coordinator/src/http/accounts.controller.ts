import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Access, AccountView, Permit } from '../access/index.js';
import { AuditedInside, Change, TheChange } from '../audit/index.js';
import type { Database } from '../storage/index.js';
import { AccountAnswer, AccountForm, AccountId, AccountPatch, InvitedAnswer } from './access-views.js';
import { pageOf, wholePage, type Page } from './page.js';
import { DATABASE } from './tokens.js';

/** The people of the consortium, as its admins look after them. */
@ApiTags('people')
@ApiBearerAuth()
@Permit('admin')
@Controller('api/v1/accounts')
export class AccountsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All accounts that are not closed, oldest first.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(AccountView) })
  async list(): Promise<Page<AccountView>> {
    return wholePage(await this.access.accounts.list());
  }

  @Post()
  @AuditedInside('account.invite')
  @ApiOperation({ summary: 'Invites a person. The one-time link is shown once; only its hash is kept.' })
  @ApiResponse({ status: 201, standardSchema: InvitedAnswer })
  async invite(@Body({ schema: AccountForm }) person: z.infer<typeof AccountForm>, @TheChange() change: Change): Promise<InvitedAnswer> {
    const { account, token } = await change.inside(this.db, (tx) => this.access.accounts.invite(tx, person));
    return { account, inviteLink: this.access.welcomeLink(token) };
  }

  @Post(':id/invitation')
  @AuditedInside('account.invite-again')
  @ApiOperation({ summary: 'A new one-time link for somebody who has lost password or second factor; both are dropped.' })
  @ApiResponse({ status: 201, standardSchema: InvitedAnswer })
  async inviteAgain(@Param('id', { schema: AccountId }) id: string, @TheChange() change: Change): Promise<InvitedAnswer> {
    const { account, token } = await change.inside(this.db, (tx) => this.access.accounts.inviteAgain(tx, id));
    return { account, inviteLink: this.access.welcomeLink(token) };
  }

  @Patch(':id')
  @AuditedInside('account.change')
  @ApiOperation({ summary: 'Changes name, roles or sites; it counts from the next request of that person on.' })
  @ApiResponse({ status: 200, standardSchema: AccountAnswer })
  async change(
    @Param('id', { schema: AccountId }) id: string,
    @Body({ schema: AccountPatch }) { name, roles, sites }: z.infer<typeof AccountPatch>,
    @TheChange() change: Change,
  ): Promise<z.infer<typeof AccountAnswer>> {
    const wish = {
      ...(name === undefined ? {} : { name }),
      ...(roles === undefined ? {} : { roles }),
      ...(sites === undefined ? {} : { sites }),
    };
    return { account: await change.inside(this.db, (tx) => this.access.accounts.change(tx, id, wish)) };
  }

  @Delete(':id')
  @HttpCode(204)
  @AuditedInside('account.close')
  @ApiOperation({ summary: 'Closes an account: its sessions and tokens end; the audit log keeps its name.' })
  async close(@Param('id', { schema: AccountId }) id: string, @TheChange() change: Change): Promise<void> {
    await change.inside(this.db, (tx) => this.access.accounts.close(tx, id));
  }
}
