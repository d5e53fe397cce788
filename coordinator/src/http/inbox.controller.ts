import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Inbox, InboxView } from '../inbox/index.js';
import { CalledBy, type Caller } from './caller.js';

const Snooze = z.strictObject({ days: z.int().min(1).max(90) });
const ItemId = z.string().max(300);

@ApiTags('inbox')
@ApiBearerAuth()
@Controller('api/v1/inbox')
export class InboxController {
  constructor(@Inject(Inbox) private readonly inbox: Inbox) {}

  @Get()
  @ApiOperation({ summary: 'What waits for you, the worst first, with who can act; and what was done last.' })
  @ApiResponse({ status: 200, standardSchema: InboxView })
  async list(@CalledBy() caller: Caller): Promise<InboxView> {
    return this.inbox.of(caller);
  }

  @Post(':id/snooze')
  @HttpCode(200)
  @ApiOperation({ summary: 'Puts an item off for some days, for you alone.' })
  @ApiResponse({ status: 200, standardSchema: InboxView })
  async snooze(
    @Param('id', { schema: ItemId }) id: string,
    @Body({ schema: Snooze }) { days }: z.infer<typeof Snooze>,
    @CalledBy() caller: Caller,
  ): Promise<InboxView> {
    await this.inbox.snooze(caller, id, days);
    return this.inbox.of(caller);
  }
}
