import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Duration, durationMs, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { Permit } from '../access/index.js';
import { AuditedInside, Change, TheChange } from '../audit/index.js';
import { Invitation, RosterView, SiteDirectory, SiteView } from '../sites/index.js';
import type { Database } from '../storage/index.js';
import { pageOf, wholePage, type Page } from './page.js';
import { DATABASE } from './tokens.js';

const Invite = z.strictObject({ site: SiteName, expires: Duration.default('24h') });

@ApiTags('sites')
@ApiBearerAuth()
@Controller('api/v1/sites')
export class SitesController {
  constructor(
    @Inject(SiteDirectory) private readonly sites: SiteDirectory,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Get()
  @Permit('researcher', 'site-it', 'compliance', 'admin')
  @ApiOperation({ summary: 'All sites: members in roster order, then those that were invited.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(SiteView) })
  async list(): Promise<Page<SiteView>> {
    return wholePage(await this.sites.list());
  }

  @Post('invitations')
  @Permit('admin')
  @AuditedInside('site.invite')
  @ApiOperation({ summary: 'A one-time join token for a site. It is shown once; only its hash is kept.' })
  @ApiResponse({ status: 201, standardSchema: Invitation })
  async invite(@Body({ schema: Invite }) { site, expires }: z.infer<typeof Invite>, @TheChange() change: Change): Promise<Invitation> {
    return this.sites.invite(site, durationMs(expires), (work) => change.inside(this.db, work));
  }

  @Post(':name/admission')
  @Permit('admin')
  @AuditedInside('site.admit')
  @HttpCode(200)
  @ApiOperation({ summary: 'Makes a site that has joined a member. Compare the words with the site first.' })
  @ApiResponse({ status: 200, standardSchema: SiteView })
  async admit(@Param('name', { schema: SiteName }) name: SiteName, @TheChange() change: Change): Promise<SiteView> {
    return this.sites.admit(name, (work) => change.inside(this.db, work));
  }

  @Post(':name/revocation')
  @Permit('admin')
  @AuditedInside('site.revoke')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends a membership: refused from the next call on, open streams end, a new roster epoch without the site.' })
  @ApiResponse({ status: 200, standardSchema: SiteView })
  async revoke(@Param('name', { schema: SiteName }) name: SiteName, @TheChange() change: Change): Promise<SiteView> {
    return this.sites.revoke(name, (work) => change.inside(this.db, work));
  }
}

@ApiTags('sites')
@ApiBearerAuth()
@Controller('api/v1/roster')
export class RosterController {
  constructor(@Inject(SiteDirectory) private readonly sites: SiteDirectory) {}

  @Get()
  @Permit('researcher', 'site-it', 'compliance', 'admin')
  @ApiOperation({ summary: "The members' keys as words, and who has countersigned this epoch." })
  @ApiResponse({ status: 200, standardSchema: RosterView })
  async show(): Promise<RosterView> {
    return this.sites.rosterView();
  }
}
