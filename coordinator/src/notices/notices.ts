import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { ledgerView, type LedgerMirror } from '../ledgers/index.js';
import type { StudyState } from '../rounds/study-state.js';
import type { SiteDirectory } from '../sites/index.js';
import { addNotice, answeredTightenings, looseningRequestsSince, type Database } from '../storage/index.js';
import type { Dispatcher } from './dispatcher.js';
import type { NoticeWish } from './notice-kinds.js';
import { standingNotices } from './standing-notices.js';
import { studyNotices } from './study-notices.js';

export interface NoticesPorts {
  readonly db: Database;
  readonly mirror: Pick<LedgerMirror, 'list'>;
  readonly sites: Pick<SiteDirectory, 'list'>;
  readonly dispatcher: Dispatcher;
  readonly now: () => Date;
  readonly log: Logger;
}

const DELIVER_MS = 2_000;
const LOOK_MS = 30_000;
/** What happened before is not told any more, if nobody has been told yet. */
const MEMORY_MS = 7 * 86_400_000;

/** Finds out what people are to be told, keeps it in the outbox, and has it delivered. */
export class Notices implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timers: readonly NodeJS.Timeout[] = [];
  /** What was kept already: most looks find nothing new. */
  readonly #known = new Set<string>();
  #keeping: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: NoticesPorts) {}

  onApplicationBootstrap(): void {
    const deliver = setInterval(() => void this.ports.dispatcher.deliver(), DELIVER_MS);
    const look = setInterval(() => void this.look(), LOOK_MS);
    this.#timers = [deliver, look];
    void this.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#keeping;
    await this.ports.dispatcher.stop();
  }

  /** For the engine's observers: nobody waits for it. */
  followStudy(state: StudyState): void {
    void this.#keep(() => Promise.resolve(studyNotices(state)));
  }

  /** Looks at sites, budgets and requests. Never throws. */
  look(): Promise<void> {
    const { db, mirror, sites, now } = this.ports;
    const since = new Date(now().getTime() - MEMORY_MS);
    return this.#keep(async () =>
      standingNotices({
        sites: await sites.list(),
        ledgers: (await mirror.list()).map(ledgerView),
        tightenings: await answeredTightenings(db, since),
        loosening: await looseningRequestsSince(db, since),
      }),
    );
  }

  #keep(wishes: () => Promise<readonly NoticeWish[]>): Promise<void> {
    const { db, now, log } = this.ports;
    const keeping = this.#keeping.then(async () => {
      try {
        for (const { key, kind, link } of await wishes()) {
          if (this.#known.has(key)) continue;
          await addNotice(db, { key, kind, link, at: now() });
          this.#known.add(key);
        }
      } catch (error) {
        log.error({ err: error }, 'notices could not be kept; tried again');
      }
    });
    this.#keeping = keeping;
    return keeping;
  }
}
