import { ConsiliumError } from '@consilium/protocol';
import { reaches, type Actor, type Reach } from '../access/index.js';
import type { StudyDesk } from '../http/study-desk.js';
import type { LedgerViews } from '../ledgers/index.js';
import type { SiteDirectory } from '../sites/index.js';
import { listSites, snooze, snoozesOf, type Database } from '../storage/index.js';
import { doneItems } from './done-items.js';
import type { InboxView } from './inbox-item.js';
import { waitingItems, type Waiting } from './waiting-items.js';

export interface InboxParts {
  readonly db: Database;
  readonly desk: StudyDesk;
  readonly sites: SiteDirectory;
  readonly ledgers: LedgerViews;
  readonly now: () => Date;
}

const DAY_MS = 86_400_000;

/** Who looks. */
type Caller = Pick<Actor, 'id' | 'reach'>;

/** What waits for each person: the same facts for all, cut to their sites, without what they have put off. */
export class Inbox {
  constructor(private readonly parts: InboxParts) {}

  async of(caller: Caller): Promise<InboxView> {
    const { db, desk, now } = this.parts;
    const [waiting, snoozed, rows, studies] = await Promise.all([
      this.waiting(caller.reach),
      snoozesOf(db, caller.id, now()),
      listSites(db),
      desk.inWork(),
    ]);
    const admitted = rows.flatMap(({ name, admitted_at }) =>
      admitted_at && reaches(caller.reach, name) ? [{ site: name, at: admitted_at }] : [],
    );
    return {
      items: waiting.map(({ item }) => item).filter(({ id }) => !snoozed.has(id)),
      done: [...doneItems(studies, admitted)],
    };
  }

  /** Puts an item off. @param days - 1 to 90 @throws ConsiliumError INBOX_UNKNOWN where nothing of that id waits */
  async snooze(caller: Caller, id: string, days: number): Promise<void> {
    const { db, now } = this.parts;
    if (!(await this.waiting(caller.reach)).some(({ item }) => item.id === id))
      throw new ConsiliumError({
        code: 'INBOX_UNKNOWN',
        errorClass: 'usage',
        message: 'Nothing of this name waits in your inbox.',
        fix: 'Read the inbox again: it may be done.',
      });
    await snooze(db, caller.id, id, new Date(now().getTime() + days * DAY_MS), now());
  }

  /** Everything that waits for whoever may see these sites. */
  async waiting(reach: Reach): Promise<readonly Waiting[]> {
    const { db, desk, sites, ledgers, now } = this.parts;
    const [studies, views, rows, budgets] = await Promise.all([desk.inWork(), sites.list(), listSites(db), ledgers.list()]);
    const invited = new Map(rows.map(({ name, invited_at }) => [name, invited_at.toISOString()]));
    const all = waitingItems({
      studies,
      sites: views.map((view) => ({ ...view, invitedAt: invited.get(view.site) ?? now().toISOString() })),
      ledgers: budgets,
      reach,
      now: now(),
    });
    return all.filter((waiting) => waiting.sites.length === 0 || waiting.sites.some((site) => reaches(reach, site)));
  }
}
