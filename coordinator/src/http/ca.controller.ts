import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CaChange, CaView } from '../sites/index.js';

@ApiTags('sites')
@ApiBearerAuth()
@Controller('api/v1/ca')
export class CaController {
  constructor(@Inject(CaChange) private readonly change: CaChange) {}

  @Get()
  @ApiOperation({ summary: 'The transport CA as words, and during a change who has not followed yet.' })
  @ApiResponse({ status: 200, standardSchema: CaView })
  async show(): Promise<CaView> {
    return this.change.view();
  }

  @Post('rotation')
  @HttpCode(200)
  @ApiOperation({ summary: 'A new CA. Both count until every member has come with a certificate by the new one.' })
  @ApiResponse({ status: 200, standardSchema: CaView })
  async rotate(): Promise<CaView> {
    return this.change.begin();
  }

  @Post('rotation/end')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends a change now: what the CA before signed counts no more.' })
  @ApiResponse({ status: 200, standardSchema: CaView })
  async end(): Promise<CaView> {
    return this.change.end();
  }
}
