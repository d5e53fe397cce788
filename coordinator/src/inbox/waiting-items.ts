import type { SiteName } from '@consilium/protocol';
import { reaches, type Reach } from '../access/index.js';
import type { StudyInWork } from '../http/study-desk.js';
import type { SiteStatus } from '../http/study-views.js';
import type { LedgerView } from '../ledgers/index.js';
import type { SiteView } from '../sites/index.js';
import type { InboxItem } from './inbox-item.js';

/** All that an inbox is made of. */
export interface InboxFacts {
  readonly studies: readonly StudyInWork[];
  readonly sites: readonly (SiteView & { readonly invitedAt: string })[];
  readonly ledgers: readonly LedgerView[];
  /** Whose sites are named to who looks. */
  readonly reach: Reach;
  readonly now: Date;
}

/** An item, and the sites that it is about; none: everybody's. */
export interface Waiting {
  readonly item: InboxItem;
  readonly sites: readonly SiteName[];
}

const DAY_MS = 86_400_000;
const CERTIFICATE_DAYS = 21;
const BUDGET_PERCENT = 80;
/** A study that failed waits to be looked at for so long. */
const FAILED_DAYS = 7;
const MOST_NAMES = 6;

const names = (sites: readonly SiteName[]): string =>
  sites.length <= MOST_NAMES ? sites.join(', ') : `${sites.slice(0, MOST_NAMES).join(', ')} and ${sites.length - MOST_NAMES} more`;

const studyLink = ({ summary }: StudyInWork, page = ''): string => `/studies/${summary.hash}${page}`;
const of = ({ summary }: StudyInWork): string => `${summary.name} (${summary.hash.slice(0, 8)})`;

/** Everything that waits for somebody, the worst first, of one severity what waits longest. */
export function waitingItems(facts: InboxFacts): readonly Waiting[] {
  const all = [
    ...facts.studies.flatMap((study) => ofStudy(study, facts)),
    ...facts.sites.flatMap((site) => ofSite(site, facts.now)),
    ...facts.ledgers.flatMap(ofLedger),
  ];
  const rank = { error: 0, warning: 1, info: 2 };
  return all.toSorted(
    ({ item: one }, { item: other }) => rank[one.severity] - rank[other.severity] || one.since.localeCompare(other.since),
  );
}

function ofStudy(study: StudyInWork, { now, reach }: InboxFacts): readonly Waiting[] {
  const { summary, unapproved, failure, endedAt } = study;
  if (endedAt !== null)
    return summary.state === 'failed' && now.getTime() - Date.parse(endedAt) < FAILED_DAYS * DAY_MS ? [failedStudy(study, endedAt)] : [];
  if (summary.state === 'proposed') return unapproved.length > 0 ? [approval(study, reach)] : [launch(study)];
  return [
    ...study.sites.flatMap((status) => troubleOf(study, status)),
    ...(failure === null
      ? []
      : [
          {
            item: {
              id: `failed-round:${summary.hash}:${failure.round}`,
              kind: 'failed-round' as const,
              title: `Round ${failure.round} of ${of(study)} failed: ${failure.sentence}`,
              since: failure.at,
              link: studyLink(study, '/rounds'),
              severity: 'warning' as const,
              whoCanAct: 'The researcher looks at the round; it is tried again by itself as often as the study allows.',
            },
            sites: [],
          },
        ]),
  ];
}

function approval(study: StudyInWork, reach: Reach): Waiting {
  const { summary, unapproved, sites } = study;
  const named = names(unapproved.filter((site) => reaches(reach, site)));
  return {
    item: {
      id: `approval:${summary.hash}`,
      kind: 'approval',
      title: `${of(study)} waits for ${unapproved.length} of ${sites.length} approvals: ${named}`,
      since: summary.proposedAt,
      link: studyLink(study),
      severity: 'info',
      whoCanAct: `The officers of ${named}, each at the site: consilium-site study approve ${summary.hash.slice(0, 8)}`,
    },
    sites: unapproved,
  };
}

function launch(study: StudyInWork): Waiting {
  const { summary } = study;
  return {
    item: {
      id: `launch:${summary.hash}`,
      kind: 'launch',
      title: `${of(study)} has all approvals and can be launched`,
      since: summary.proposedAt,
      link: studyLink(study),
      severity: 'info',
      whoCanAct: `A researcher: consilium study launch ${summary.hash.slice(0, 8)}`,
    },
    sites: [],
  };
}

function failedStudy(study: StudyInWork, since: string): Waiting {
  const { summary } = study;
  return {
    item: {
      id: `failed-study:${summary.hash}`,
      kind: 'failed-study',
      title: `${of(study)} failed: ${summary.stateReason}`,
      since,
      link: studyLink(study),
      severity: 'error',
      whoCanAct: 'A researcher proposes a new version.',
    },
    sites: [],
  };
}

/** A site that keeps a study from going on. */
function troubleOf(study: StudyInWork, { site, state, code, sentence, whoCanAct, since }: SiteStatus): readonly Waiting[] {
  const refused = state === 'refused' || state === 'failed' || state === 'out-of-step';
  const away = state === 'lost' || state === 'late';
  if (!refused && !away) return [];
  const { hash, proposedAt } = study.summary;
  return [
    {
      item: {
        id: `${refused ? 'refusal' : 'site-away'}:${hash}:${site}:${code ?? state}`,
        kind: refused ? 'refusal' : 'site-away',
        title: `${of(study)}: ${site} ${state === 'refused' ? 'refused' : state === 'failed' ? 'failed' : `is ${state}`}${code === null ? '' : `, ${code}`}${sentence === null ? '' : `. ${sentence}`}`,
        since: since ?? study.launchedAt ?? proposedAt,
        link: studyLink(study, '/rounds'),
        severity: refused ? 'error' : 'warning',
        whoCanAct: whoCanAct ?? `Site IT at ${site}.`,
      },
      sites: [site],
    },
  ];
}

function ofSite(site: SiteView & { readonly invitedAt: string }, now: Date): readonly Waiting[] {
  if (site.state === 'pending')
    return [
      {
        item: {
          id: `admission:${site.site}:${site.words ?? ''}`,
          kind: 'admission',
          title: `${site.site} has joined and waits to be admitted`,
          since: site.invitedAt,
          link: `/sites/${site.site}`,
          severity: 'info',
          whoCanAct: `An admin compares its eight words by telephone: consilium site admit ${site.site}`,
        },
        sites: [site.site],
      },
    ];
  const ends = site.certificateEnds;
  if (site.state !== 'admitted' || ends === null) return [];
  const daysLeft = Math.floor((Date.parse(ends) - now.getTime()) / DAY_MS);
  if (daysLeft >= CERTIFICATE_DAYS) return [];
  const over = daysLeft < 0;
  return [
    {
      item: {
        id: `certificate:${site.site}:${ends}`,
        kind: 'certificate',
        title: over ? `The certificate of ${site.site} has expired` : `The certificate of ${site.site} ends in ${daysLeft} days`,
        since: new Date(Date.parse(ends) - CERTIFICATE_DAYS * DAY_MS).toISOString(),
        link: `/sites/${site.site}`,
        severity: over ? 'error' : 'warning',
        whoCanAct: over
          ? `An admin invites it again (consilium site invite ${site.site}); its IT joins with the token.`
          : `Site IT at ${site.site}: the agent renews it by itself when it is connected.`,
      },
      sites: [site.site],
    },
  ];
}

function ofLedger({ site, population, held, checkpoint, epsilonLimit, frozen }: LedgerView): readonly Waiting[] {
  if (held.percentUsed < BUDGET_PERCENT || frozen) return [];
  const over = held.percentUsed >= 100;
  return [
    {
      item: {
        id: `budget:${site}:${population}:${over ? 100 : BUDGET_PERCENT}:${epsilonLimit}`,
        kind: 'budget',
        title: over
          ? `The budget of population ${population} at ${site} is used up`
          : `The budget of population ${population} at ${site} is used to ${Math.floor(held.percentUsed)} %`,
        since: checkpoint.at,
        link: `/budgets?site=${site}&population=${population}`,
        severity: over ? 'error' : 'warning',
        whoCanAct: `The officer at ${site} decides, at the site: consilium-site ledger limit ${population}`,
      },
      sites: [site],
    },
  ];
}
