import { randomBytes } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import type { SecretBox } from '../access/index.js';
import { addWebhook, dropWebhook, listWebhooks, type Database, type WebhookRow } from '../storage/index.js';
import { NoticeKind } from './notice-kinds.js';
import { newWebhookSecret } from './sign-webhook.js';
import { webhookTarget } from './webhook-target.js';

export const WebhookView = z.object({
  id: z.string(),
  url: z.string(),
  kinds: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
});
export type WebhookView = z.infer<typeof WebhookView>;

/** The secret is shown this once. */
export const NewWebhook = WebhookView.extend({ secret: z.string() });
export type NewWebhook = z.infer<typeof NewWebhook>;

export const WebhookWish = z.strictObject({ url: z.string().max(2_000), kinds: z.array(NoticeKind).min(1) });
export type WebhookWish = z.infer<typeof WebhookWish>;

const MOST_WEBHOOKS = 50;

/** Whose secret it is that lies sealed. */
export const webhookOwner = (id: string): string => `webhook ${id}`;

/** Who else is told, and by which secret they know that it comes from here. */
export class Webhooks {
  constructor(
    private readonly db: Database,
    private readonly secrets: SecretBox,
    private readonly now: () => Date,
  ) {}

  async list(): Promise<readonly WebhookView[]> {
    return (await listWebhooks(this.db)).map(webhookView);
  }

  /** @throws ConsiliumError WEBHOOK_URL, WEBHOOKS_FULL */
  async add({ url, kinds }: WebhookWish, by: string): Promise<NewWebhook> {
    webhookTarget(url);
    if ((await listWebhooks(this.db)).length >= MOST_WEBHOOKS)
      throw new ConsiliumError({
        code: 'WEBHOOKS_FULL',
        errorClass: 'refused',
        message: `There are ${MOST_WEBHOOKS} webhooks already.`,
        fix: 'Remove one that is not needed.',
      });
    const id = randomBytes(9).toString('base64url');
    const secret = newWebhookSecret();
    const row: WebhookRow = {
      id,
      url,
      kinds: [...new Set(kinds)],
      sealed_secret: this.secrets.seal(Buffer.from(secret), webhookOwner(id)),
      created_by: by,
      created_at: this.now(),
    };
    await addWebhook(this.db, row);
    return { ...webhookView(row), secret };
  }

  /** @throws ConsiliumError WEBHOOK_UNKNOWN */
  async remove(id: string): Promise<void> {
    if (await dropWebhook(this.db, id)) return;
    throw new ConsiliumError({
      code: 'WEBHOOK_UNKNOWN',
      errorClass: 'usage',
      message: 'There is no such webhook.',
      fix: 'List those that there are at /api/v1/settings/webhooks.',
    });
  }
}

function webhookView({ id, url, kinds, created_by: createdBy, created_at: createdAt }: WebhookRow): WebhookView {
  return { id, url, kinds: [...kinds], createdBy, createdAt: createdAt.toISOString() };
}
