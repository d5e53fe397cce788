import type { Inbox } from '../inbox/index.js';
import type { SiteDirectory } from '../sites/index.js';
import { ledgerNotes, type Database } from '../storage/index.js';
import { LevelVersions, seenOf, type StreamSources } from '../stream/index.js';
import type { StudyDesk } from './study-desk.js';

export interface EventSourceParts {
  readonly db: Database;
  readonly desk: StudyDesk;
  readonly sites: SiteDirectory;
  readonly inbox: Inbox;
}

/** How old a look at a level may be that is shared. */
const SHARED_MS = 900;

/** What the streams of `/api/v1/events` read: the studies' record, and how everything else stands. */
export function eventSources({ db, desk, sites, inbox }: EventSourceParts): StreamSources {
  const levels = new LevelVersions(
    {
      studies: async () => desk.listVersion(),
      // When a site was last heard of changes all the time and is no news.
      sites: async () => (await sites.list()).map((site) => ({ ...site, lastSeen: null })),
      inbox: async (reach) => (await inbox.waiting(reach)).map(({ item }) => item.id),
      budgets: async () => (await ledgerNotes(db)).map(({ site, population, size }) => [site, population, size]),
    },
    SHARED_MS,
  );
  return {
    lastOf: (study) => desk.seq(study),
    eventsOf: async (study, after) =>
      (await desk.events(study, after, 0)).map(({ seq, at, event }) => ({
        topic: `study:${study}` as const,
        seq,
        type: event.type,
        at,
        data: { ...seenOf(event) },
      })),
    versionOf: (level, reach) => levels.of(level, reach),
    watch: (changed) => desk.watch(changed),
  };
}
