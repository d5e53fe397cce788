import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Duration, durationMs, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { Invitation, RosterView, SiteDirectory, SiteView } from '../sites/index.js';
import { pageOf, wholePage, type Page } from './page.js';

const Invite = z.strictObject({ site: SiteName, expires: Duration.default('24h') });

@ApiTags('sites')
@ApiBearerAuth()
@Controller('api/v1/sites')
export class SitesController {
  constructor(@Inject(SiteDirectory) private readonly sites: SiteDirectory) {}

  @Get()
  @ApiOperation({ summary: 'All sites: members in roster order, then those that were invited.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(SiteView) })
  async list(): Promise<Page<SiteView>> {
    return wholePage(await this.sites.list());
  }

  @Post('invitations')
  @ApiOperation({ summary: 'A one-time join token for a site. It is shown once; only its hash is kept.' })
  @ApiResponse({ status: 201, standardSchema: Invitation })
  async invite(@Body({ schema: Invite }) { site, expires }: z.infer<typeof Invite>): Promise<Invitation> {
    return this.sites.invite(site, durationMs(expires));
  }

  @Post(':name/admission')
  @HttpCode(200)
  @ApiOperation({ summary: 'Makes a site that has joined a member. Compare the words with the site first.' })
  @ApiResponse({ status: 200, standardSchema: SiteView })
  async admit(@Param('name', { schema: SiteName }) name: SiteName): Promise<SiteView> {
    return this.sites.admit(name);
  }

  @Post(':name/revocation')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends a membership: refused from the next call on, open streams end, a new roster epoch without the site.' })
  @ApiResponse({ status: 200, standardSchema: SiteView })
  async revoke(@Param('name', { schema: SiteName }) name: SiteName): Promise<SiteView> {
    return this.sites.revoke(name);
  }
}

@ApiTags('sites')
@ApiBearerAuth()
@Controller('api/v1/roster')
export class RosterController {
  constructor(@Inject(SiteDirectory) private readonly sites: SiteDirectory) {}

  @Get()
  @ApiOperation({ summary: "The members' keys as words, and who has countersigned this epoch." })
  @ApiResponse({ status: 200, standardSchema: RosterView })
  async show(): Promise<RosterView> {
    return this.sites.rosterView();
  }
}
