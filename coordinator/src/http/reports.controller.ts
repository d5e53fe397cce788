import { Body, Controller, Get, Inject, Param, Post, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ConsiliumError, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { Actor, KeepsToReach, Permit, reaches } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import { ReportDesk, ReportView } from '../reports/index.js';

/** Days, both included, UTC. */
const DpoWish = z
  .strictObject({ site: SiteName, from: z.iso.date(), to: z.iso.date() })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'not before the first day' });

const ReportFile = z.string().regex(/^[\w-]{1,40}\.(?:pdf|json)$/, 'a report and .pdf or .json');

const Reports = z.object({ kinds: z.array(z.object({ kind: z.string(), title: z.string() })), items: z.array(ReportView) });
type Reports = z.infer<typeof Reports>;

const KINDS: Reports['kinds'] = [
  { kind: 'dpo', title: 'Record of processing for the data-protection officer (GDPR Art. 30(1)), with the privacy card' },
];

@ApiTags('reports')
@ApiBearerAuth()
@Permit('compliance', 'admin')
@Controller('api/v1/reports')
export class ReportsController {
  constructor(@Inject(ReportDesk) private readonly desk: ReportDesk) {}

  @Get()
  @ApiOperation({ summary: 'Which reports can be made, and the last ones that were.' })
  @ApiResponse({ status: 200, standardSchema: Reports })
  async list(): Promise<Reports> {
    return { kinds: KINDS, items: [...(await this.desk.list())] };
  }

  @Post('dpo')
  @Permit('compliance')
  @Audited('report.dpo')
  @ApiOperation({ summary: "The data-protection officer's report of a site over a period: every number from its ledgers." })
  @ApiResponse({ status: 201, standardSchema: ReportView })
  async dpo(
    @Body({ schema: DpoWish }) { site, from, to }: z.infer<typeof DpoWish>,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<ReportView> {
    const report = await this.desk.dpo(site, { from, to }, actor.name);
    change.note({ subject: `report:${report.id}`, after: { site, from, to } });
    return report;
  }

  @Get(':file')
  @KeepsToReach()
  @ApiProduces('application/pdf', 'application/json')
  @ApiOperation({ summary: 'A report as it was made: ID.pdf or ID.json.' })
  @ApiResponse({ status: 200, description: 'The file.' })
  async file(@Param('file', { schema: ReportFile }) file: string, @Actor() { reach }: Actor): Promise<StreamableFile> {
    const [id = '', ending] = file.split('.');
    const { pdf, content, site, from_day: from, to_day: to } = await this.desk.find(id);
    if (!reaches(reach, site))
      throw new ConsiliumError({
        code: 'NOT_PERMITTED',
        errorClass: 'forbidden',
        message: 'Your account is not for this site.',
        fix: 'Ask an admin of the consortium who may do it.',
      });
    const bytes = ending === 'pdf' ? pdf : Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`);
    const name = `consilium-dpo-${site}-${from}-${to}.${ending}`;
    const type = ending === 'pdf' ? 'application/pdf' : 'application/json';
    return new StreamableFile(bytes, { type, length: bytes.length, disposition: `attachment; filename="${name}"` });
  }
}
