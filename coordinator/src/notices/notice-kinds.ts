import { z } from 'zod';

/**
 * What people are told of, and in which words. The words are fixed: a notice carries a kind and a link, never the name,
 * the purpose or a number of a study (UX.md section 2, "Notices").
 */
export const NOTICE_TITLES = {
  'approval-needed': 'A study waits for the approval of sites.',
  'release-vote-needed': 'A study has trained its model and waits for the sites to release it.',
  'round-failed': 'A round of a study failed.',
  'site-refused': 'A site refused its part in a study.',
  'study-ended': 'A study has ended.',
  'site-waiting': 'A site waits to be admitted.',
  'certificate-ending': 'The certificate of a site ends soon.',
  'budget-high': 'More than 80 % of the privacy budget of a population is used.',
  'tightening-answered': 'A site has answered a request to tighten a privacy budget.',
  'loosening-requested': "Somebody asks a site's officers for a higher privacy limit.",
} as const;

export const NoticeKind = z.enum(Object.keys(NOTICE_TITLES) as [keyof typeof NOTICE_TITLES, ...(keyof typeof NOTICE_TITLES)[]]);
export type NoticeKind = z.infer<typeof NoticeKind>;

/** Something that happened. */
export interface NoticeWish {
  readonly kind: NoticeKind;
  /** The event itself: it is told once. */
  readonly key: string;
  /** Path in the console, from `/`. */
  readonly link: string;
}
