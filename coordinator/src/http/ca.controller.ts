import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Permit } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import { CaChange, CaView } from '../sites/index.js';

@ApiTags('sites')
@ApiBearerAuth()
@Controller('api/v1/ca')
export class CaController {
  constructor(@Inject(CaChange) private readonly change: CaChange) {}

  @Get()
  @Permit('admin', 'compliance', 'site-it')
  @ApiOperation({ summary: 'The transport CA as words, and during a change who has not followed yet.' })
  @ApiResponse({ status: 200, standardSchema: CaView })
  async show(): Promise<CaView> {
    return this.change.view();
  }

  @Post('rotation')
  @Permit('admin')
  @Audited('ca.rotation.begin')
  @HttpCode(200)
  @ApiOperation({ summary: 'A new CA. Both count until every member has come with a certificate by the new one.' })
  @ApiResponse({ status: 200, standardSchema: CaView })
  async rotate(@TheChange() audited: Change): Promise<CaView> {
    return this.#told(audited, () => this.change.begin());
  }

  @Post('rotation/end')
  @Permit('admin')
  @Audited('ca.rotation.end')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends a change now: what the CA before signed counts no more.' })
  @ApiResponse({ status: 200, standardSchema: CaView })
  async end(@TheChange() audited: Change): Promise<CaView> {
    return this.#told(audited, () => this.change.end());
  }

  async #told(audited: Change, act: () => Promise<CaView>): Promise<CaView> {
    const before = await this.change.view();
    const after = await act();
    audited.note({ subject: 'ca', before, after });
    return after;
  }
}
