import type { NoticeKind } from './notice-kinds.js';
import { webhookHeaders } from './sign-webhook.js';
import { webhookTarget } from './webhook-target.js';

/** What a receiver gets: nothing of a study but the link. */
export interface WebhookMessage {
  readonly id: string;
  readonly type: NoticeKind;
  readonly title: string;
  readonly link: string;
  readonly at: Date;
}

const LIMIT_MS = 10_000;

/** @throws Error with a short word (`HTTP 503`, `no answer`) for everything but a 2xx */
export async function sendWebhook(
  { url, secret }: { readonly url: string; readonly secret: string },
  { id, type, title, link, at }: WebhookMessage,
  now: Date,
): Promise<void> {
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data: { title, link } });
  const headers = { ...webhookHeaders(secret, id, now, body), 'content-type': 'application/json', 'user-agent': 'consilium' };
  const init = { method: 'POST', headers, body, redirect: 'manual' as const, signal: AbortSignal.timeout(LIMIT_MS) };
  const answer = await fetch(webhookTarget(url), init).catch((cause: unknown) => {
    throw new Error('no answer', { cause });
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(answer.status >= 300 && answer.status < 400 ? 'it redirects' : `HTTP ${answer.status}`);
}
