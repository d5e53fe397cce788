import { Controller, Get, Header, Inject, Param, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ConsiliumError, PopulationName, SiteName } from '@consilium/protocol';
import { Permit } from '../access/index.js';
import { LedgerMirror, ledgerView, LedgerView } from '../ledgers/index.js';
import { pageOf, wholePage, type Page } from './page.js';

@ApiTags('ledgers')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/ledgers')
export class LedgersController {
  constructor(@Inject(LedgerMirror) private readonly mirror: LedgerMirror) {}

  @Get()
  @ApiOperation({ summary: "The sites' privacy budgets by population, as mirrored here; the sites' own files are the authority." })
  @ApiResponse({ status: 200, standardSchema: pageOf(LedgerView) })
  async list(): Promise<Page<LedgerView>> {
    return wholePage((await this.mirror.list()).map(ledgerView));
  }

  @Get(':site/:population')
  @ApiProduces('application/jsonl')
  @ApiOperation({ summary: 'A ledger, line after line as at its site: verify it with consilium ledger verify.' })
  @ApiResponse({ status: 200, description: 'The file.' })
  async file(
    @Param('site', { schema: SiteName }) site: SiteName,
    @Param('population', { schema: PopulationName }) population: PopulationName,
  ): Promise<StreamableFile> {
    const file = await this.mirror.file({ site, population });
    if (file === undefined) throw unknown(site, population);
    return new StreamableFile(file, { type: 'application/jsonl', length: file.length });
  }

  @Get(':site/:population/checkpoint')
  @ApiProduces('text/plain')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'The newest checkpoint of a ledger with its cosignatures (C2SP tlog-checkpoint).' })
  @ApiResponse({ status: 200, description: 'The note.' })
  async checkpoint(
    @Param('site', { schema: SiteName }) site: SiteName,
    @Param('population', { schema: PopulationName }) population: PopulationName,
  ): Promise<string> {
    const note = await this.mirror.checkpoint({ site, population });
    if (note === undefined) throw unknown(site, population);
    return note;
  }
}

function unknown(site: string, population: string): ConsiliumError {
  return new ConsiliumError({
    code: 'LEDGER_UNKNOWN',
    errorClass: 'usage',
    message: `Site ${site} has mirrored no ledger of population ${population} here.`,
    fix: 'List those that there are: consilium ledger list.',
  });
}
