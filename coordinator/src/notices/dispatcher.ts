import type { Logger } from 'pino';
import type { SmtpConfig } from '../config/index.js';
import { deliveryDone, deliveryFailed, dueDeliveries, findWebhook, type Database, type DueDelivery } from '../storage/index.js';
import { NOTICE_TITLES, NoticeKind } from './notice-kinds.js';
import { nextTry } from './retry-times.js';
import { sendMail } from './send-mail.js';
import { sendWebhook } from './send-webhook.js';

export interface DispatcherPorts {
  readonly db: Database;
  readonly consortium: string;
  readonly smtp: SmtpConfig | undefined;
  /** Where the console is, as people reach it. */
  readonly consoleUrl: () => string;
  readonly now: () => Date;
  readonly log: Logger;
}

const AT_ONCE = 20;

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
    const { db, smtp, consortium, consoleUrl, now } = this.ports;
    const type = NoticeKind.parse(kind);
    const console = consoleUrl().replace(/\/+$/, '');
    const message = { id: `${consortium}-notice-${id}`, title: NOTICE_TITLES[type], link: `${console}${path}` };
    if (channel === 'webhook') {
      const hook = await findWebhook(db, target);
      if (hook === undefined) throw new Error('the webhook was removed');
      return sendWebhook(hook, { ...message, type, at }, now());
    }
    if (smtp === undefined) throw new Error('coordinator.yaml has no notices.smtp');
    return sendMail(smtp, { ...message, to: target, consortium, settings: `${console}/settings` });
  }
}

/** What may be shown of a failure: a code or a short word, never what a server said. */
function wordsOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return (code ?? (error instanceof Error ? error.message : 'unknown')).slice(0, 80);
}
