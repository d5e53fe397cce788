import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import { Actor, Permit } from '../access/index.js';
import { Audited, Change, TheChange } from '../audit/index.js';
import type { CoordinatorConfig } from '../config/index.js';
import { Dispatcher, NewWebhook, NOTICE_TITLES, NoticeKind, Webhooks, WebhookView, WebhookWish } from '../notices/index.js';
import { deliveryCounts, noticeRecipients, setNoticeRecipients, type Database } from '../storage/index.js';
import { RETENTION, RetentionView } from './retention.js';
import { pageOf, wholePage, type Page } from './page.js';
import { mailView, NoticeSettings, Recipients, SignInSettings, signInSettings, TestMail } from './settings-views.js';
import { CONFIG, DATABASE } from './tokens.js';

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
    @Inject(Dispatcher) private readonly dispatcher: Dispatcher,
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
    return { mail: mailView(smtp), kinds, deliveries };
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

  @Post('notices/test')
  @Audited('notices.test')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sends an e-mail to whoever asks, at once, to see whether e-mail arrives.' })
  @ApiResponse({ status: 200, standardSchema: TestMail })
  async testMail(@Actor() { email }: Actor): Promise<TestMail> {
    if (!email) throw accountNeeded();
    await this.dispatcher.test(email);
    return { to: email };
  }

  @Get('sign-in')
  @ApiOperation({ summary: 'How people sign in, as coordinator.yaml says it, without its secret.' })
  @ApiResponse({ status: 200, standardSchema: SignInSettings })
  signIn(): SignInSettings {
    return signInSettings(this.config);
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

const accountNeeded = () =>
  new ConsiliumError({
    code: 'ACCOUNT_NEEDED',
    errorClass: 'refused',
    message: 'A test e-mail goes to whoever asks for it, and the machine credential has no address.',
    fix: 'Sign in to the console and send it from Settings, Notices.',
  });
