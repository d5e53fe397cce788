import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Actor, Permit } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import { Inbox, InboxView } from '../inbox/index.js';

const Snooze = z.strictObject({ days: z.int().min(1).max(90) });
const ItemId = z.string().max(300);

@ApiTags('inbox')
@ApiBearerAuth()
@Permit('researcher', 'site-it', 'compliance', 'admin')
@Controller('api/v1/inbox')
export class InboxController {
  constructor(@Inject(Inbox) private readonly inbox: Inbox) {}

  @Get()
  @ApiOperation({ summary: 'What waits for you, the worst first, with who can act; and what was done last.' })
  @ApiResponse({ status: 200, standardSchema: InboxView })
  async list(@Actor() actor: Actor): Promise<InboxView> {
    return this.inbox.of(actor);
  }

  @Post(':id/snooze')
  @Audited('inbox.snooze')
  @HttpCode(200)
  @ApiOperation({ summary: 'Puts an item off for some days, for you alone.' })
  @ApiResponse({ status: 200, standardSchema: InboxView })
  async snooze(
    @Param('id', { schema: ItemId }) id: string,
    @Body({ schema: Snooze }) { days }: z.infer<typeof Snooze>,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<InboxView> {
    change.note({ subject: `inbox:${id}`, after: { days } });
    await this.inbox.snooze(actor, id, days);
    return this.inbox.of(actor);
  }
}
