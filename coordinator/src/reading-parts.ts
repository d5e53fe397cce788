import type { Provider } from '@nestjs/common';
import { eventSources } from './http/event-sources.js';
import { StudyDesk } from './http/study-desk.js';
import { DATABASE } from './http/tokens.js';
import { Inbox } from './inbox/index.js';
import { LedgerMirror, LedgerViews } from './ledgers/index.js';
import { SiteDirectory } from './sites/index.js';
import type { Database } from './storage/index.js';
import { EventStreams } from './stream/index.js';
import { Metrics } from './telemetry/index.js';

/** What people follow and what waits for them, over the studies, the sites and the ledgers. */
export const READING_PARTS: readonly Provider[] = [
  {
    provide: Inbox,
    useFactory: (db: Database, desk: StudyDesk, sites: SiteDirectory, mirror: LedgerMirror) =>
      new Inbox({ db, desk, sites, ledgers: new LedgerViews(db, mirror), now: () => new Date() }),
    inject: [DATABASE, StudyDesk, SiteDirectory, LedgerMirror],
  },
  {
    provide: EventStreams,
    useFactory: (db: Database, desk: StudyDesk, sites: SiteDirectory, inbox: Inbox, metrics: Metrics) =>
      new EventStreams(eventSources({ db, desk, sites, inbox }), (clients) => metrics.sseClients.set(clients)),
    inject: [DATABASE, StudyDesk, SiteDirectory, Inbox, Metrics],
  },
];
