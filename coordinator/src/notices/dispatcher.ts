import { randomUUID } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import type { Logger } from 'pino';
import type { SecretBox } from '../access/index.js';
import type { SmtpConfig } from '../config/index.js';
import { deliveryDone, deliveryFailed, dueDeliveries, findWebhook, type Database, type DueDelivery } from '../storage/index.js';
import { NOTICE_TITLES, NoticeKind } from './notice-kinds.js';
import { nextTry } from './retry-times.js';
import { sendMail } from './send-mail.js';
import { sendWebhook } from './send-webhook.js';
import { webhookOwner } from './webhooks.js';

export interface DispatcherPorts {
  readonly db: Database;
  /** What the webhooks' secrets lie sealed in. */
  readonly secrets: Pick<SecretBox, 'open'>;
  readonly consortium: string;
  readonly smtp: SmtpConfig | undefined;
  /** Where the console is, as people reach it. */
  readonly consoleUrl: () => string;
  readonly now: () => Date;
  readonly log: Logger;
}

const AT_ONCE = 20;
const TEST_TITLE = 'A test: e-mail of this consortium arrives.';

/**
 * Carries the outbox out: a delivery stays until it has arrived, over restarts, and comes at least once. One after the
 * other; a slow receiver is cut off by its own limit.
 */
export class Dispatcher {
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly ports: DispatcherPorts) {}

  /** Delivers what is due. Never throws: what failed is tried again at its time. */
  deliver(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#deliver());
    return this.#turn;
  }

  /**
   * One e-mail at once, past the outbox, to see whether e-mail arrives.
   * @throws ConsiliumError MAIL_NONE where none is set up, MAIL_FAILED with the mail client's own code
   */
  async test(to: string): Promise<void> {
    const { smtp, consortium, consoleUrl } = this.ports;
    if (smtp === undefined) throw mailNone();
    const link = `${consoleUrl().replace(/\/+$/, '')}/settings`;
    const id = `${consortium}-test-${randomUUID()}`;
    try {
      await sendMail(smtp, { id, to, title: TEST_TITLE, link, consortium, settings: link });
    } catch (error) {
      throw mailFailed(wordsOf(error));
    }
  }

  /** Resolves when the delivery that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#turn;
  }

  async #deliver(): Promise<void> {
    const { db, now, log } = this.ports;
    try {
      for (const due of await dueDeliveries(db, now(), AT_ONCE)) {
        if (this.#stopped) return;
        const failed = await this.#send(due).then(() => undefined, wordsOf);
        if (failed === undefined) await deliveryDone(db, due.id, now());
        else await deliveryFailed(db, due.id, failed, nextTry(due.attempts + 1, now()));
        if (failed !== undefined) log.warn({ channel: due.channel, reason: failed }, 'a notice could not be delivered');
      }
    } catch (error) {
      log.error({ err: error }, 'the outbox could not be read; tried again');
    }
  }

  async #send({ id, channel, target, kind, link: path, at }: DueDelivery): Promise<void> {
    const { db, secrets, smtp, consortium, consoleUrl, now } = this.ports;
    const type = NoticeKind.parse(kind);
    const console = consoleUrl().replace(/\/+$/, '');
    const message = { id: `${consortium}-notice-${id}`, title: NOTICE_TITLES[type], link: `${console}${path}` };
    if (channel === 'webhook') {
      const hook = await findWebhook(db, target);
      if (hook === undefined) throw new Error('the webhook was removed');
      const secret = secrets.open(hook.sealed_secret, webhookOwner(hook.id)).toString();
      return sendWebhook({ url: hook.url, secret }, { ...message, type, at }, now());
    }
    if (smtp === undefined) throw new Error('coordinator.yaml has no notices.smtp');
    return sendMail(smtp, { ...message, to: target, consortium, settings: `${console}/settings` });
  }
}

const mailNone = () =>
  new ConsiliumError({
    code: 'MAIL_NONE',
    errorClass: 'refused',
    message: 'No e-mail leaves: coordinator.yaml has no notices.smtp.',
    fix: 'Set notices.smtp in coordinator.yaml and start the coordinator again.',
  });

const mailFailed = (code: string) =>
  new ConsiliumError({
    code: 'MAIL_FAILED',
    errorClass: 'unreachable',
    message: `The mail server did not take the e-mail (${code}).`,
    fix: 'Check notices.smtp in coordinator.yaml: host, port, tls, user and passwordFile.',
  });

/** What may be shown of a failure: a code or a short word, never what a server said. */
function wordsOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return (code ?? (error instanceof Error ? error.message : 'unknown')).slice(0, 80);
}
