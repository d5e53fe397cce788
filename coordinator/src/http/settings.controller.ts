import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Actor, Permit } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import type { CoordinatorConfig } from '../config/index.js';
import { NewWebhook, NOTICE_TITLES, NoticeKind, Webhooks, WebhookView, WebhookWish } from '../notices/index.js';
import { deliveryCounts, noticeRecipients, setNoticeRecipients, type Database } from '../storage/index.js';
import { RETENTION, RetentionView } from './retention.js';
import { pageOf, wholePage, type Page } from './page.js';
import { CONFIG, DATABASE } from './tokens.js';

const Recipients = z.strictObject({
  recipients: z.partialRecord(NoticeKind, z.array(z.email().max(320)).max(100)),
});

/** Who is told of what by e-mail, and whether it arrives. */
const NoticeSettings = z.object({
  /** Whether coordinator.yaml says how e-mail leaves. */
  mail: z.object({ configured: z.boolean(), from: z.string().nullable() }),
  kinds: z.array(z.object({ kind: NoticeKind, title: z.string(), recipients: z.array(z.string()) })),
  deliveries: z.object({ waiting: z.int(), gaveUp: z.int(), lastError: z.string().nullable() }),
});
type NoticeSettings = z.infer<typeof NoticeSettings>;

/** What the audit log has of the recipients. */
const told = ({ kinds }: NoticeSettings) => Object.fromEntries(kinds.map(({ kind, recipients }) => [kind, [...recipients]]));

@ApiTags('settings')
@ApiBearerAuth()
@Permit('admin')
@Controller('api/v1/settings')
export class SettingsController {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CONFIG) private readonly config: CoordinatorConfig,
    @Inject(Webhooks) private readonly webhooks: Webhooks,
  ) {}

  @Get('notices')
  @ApiOperation({ summary: 'Who is told of what by e-mail, and how deliveries stand.' })
  @ApiResponse({ status: 200, standardSchema: NoticeSettings })
  async notices(): Promise<NoticeSettings> {
    const { smtp } = this.config.notices;
    const [rows, deliveries] = await Promise.all([noticeRecipients(this.db), deliveryCounts(this.db)]);
    const kinds = NoticeKind.options.map((kind) => ({
      kind,
      title: NOTICE_TITLES[kind],
      recipients: rows.filter((row) => row.kind === kind).map(({ address }) => address),
    }));
    return { mail: { configured: smtp !== undefined, from: smtp?.from ?? null }, kinds, deliveries };
  }

  @Put('notices')
  @Audited('notices.recipients')
  @ApiOperation({ summary: 'Replaces who is told of what by e-mail.' })
  @ApiResponse({ status: 200, standardSchema: NoticeSettings })
  async setNotices(
    @Body({ schema: Recipients }) { recipients }: z.infer<typeof Recipients>,
    @TheChange() change: Change,
  ): Promise<NoticeSettings> {
    change.note({ subject: 'settings:notices', before: told(await this.notices()) });
    const rows = Object.entries(recipients).flatMap(([kind, addresses]) => [...new Set(addresses)].map((address) => ({ kind, address })));
    await setNoticeRecipients(this.db, rows);
    const settings = await this.notices();
    change.note({ after: told(settings) });
    return settings;
  }

  @Get('retention')
  @ApiOperation({ summary: 'How long this coordinator keeps what.' })
  @ApiResponse({ status: 200, standardSchema: RetentionView })
  retention(): RetentionView {
    return { items: [...RETENTION] };
  }

  @Get('webhooks')
  @ApiOperation({ summary: 'All webhooks; their secrets are not shown again.' })
  @ApiResponse({ status: 200, standardSchema: pageOf(WebhookView) })
  async listWebhooks(): Promise<Page<WebhookView>> {
    return wholePage(await this.webhooks.list());
  }

  @Post('webhooks')
  @Audited('webhook.add')
  @ApiOperation({ summary: 'A new webhook over https, signed as Standard Webhooks does. The secret is shown this once.' })
  @ApiResponse({ status: 201, standardSchema: NewWebhook })
  async addWebhook(
    @Body({ schema: WebhookWish }) wish: WebhookWish,
    @Actor() actor: Actor,
    @TheChange() change: Change,
  ): Promise<NewWebhook> {
    const made = await this.webhooks.add(wish, actor.name);
    change.note({ subject: `webhook:${made.id}`, after: { kinds: [...made.kinds] } });
    return made;
  }

  @Delete('webhooks/:id')
  @Audited('webhook.remove')
  @HttpCode(204)
  @ApiOperation({ summary: 'Removes a webhook; what it has not received yet it never will.' })
  @ApiResponse({ status: 204, description: 'It is gone.' })
  async removeWebhook(@Param('id', { schema: z.string().max(40) }) id: string): Promise<void> {
    await this.webhooks.remove(id);
  }
}
