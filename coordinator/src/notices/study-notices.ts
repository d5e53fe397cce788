import type { StudyState } from '../rounds/study-state.js';
import type { NoticeWish } from './notice-kinds.js';

/**
 * What of a study's state people are told. Pure, and from the state alone: a coordinator that ended between an event and
 * its notice finds it again when it starts.
 */
export function studyNotices({ hash, activity, approvals, study, failures, refusals, standing }: StudyState): readonly NoticeWish[] {
  const link = `/studies/${hash}`;
  const wish = (kind: NoticeWish['kind'], key: string, page = ''): NoticeWish => ({
    kind,
    key: `${kind}/${hash}${key}`,
    link: `${link}${page}`,
  });
  const approved = study.sites.names.every((site) => approvals.has(site));
  return [
    ...(activity.phase === 'proposed' && !approved ? [wish('approval-needed', '')] : []),
    ...(activity.phase === 'releasing' ? [wish('release-vote-needed', '', '/model')] : []),
    ...failures.map(({ round, attempt }) => wish('round-failed', `/${round}/${attempt}`, '/rounds')),
    ...[...refusals, ...standing].map(([site, { code, round }]) => wish('site-refused', `/${site}/${round}/${code}`, '/rounds')),
    ...(activity.phase === 'ended' ? [wish('study-ended', '')] : []),
  ];
}
