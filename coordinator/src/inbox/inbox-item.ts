import { z } from 'zod';

/** Something that waits for people. */
export const InboxItem = z.object({
  /** Stays the same while it waits: what a snooze names. */
  id: z.string(),
  kind: z.enum(['approval', 'launch', 'admission', 'certificate', 'budget', 'refusal', 'site-away', 'failed-round', 'failed-study']),
  title: z.string(),
  since: z.iso.datetime(),
  /** A page of the console. */
  link: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  /** Who, and how. */
  whoCanAct: z.string(),
});
export type InboxItem = z.infer<typeof InboxItem>;

export const DoneItem = z.object({ id: z.string(), title: z.string(), at: z.iso.datetime(), link: z.string() });
export type DoneItem = z.infer<typeof DoneItem>;

export const InboxView = z.object({ items: z.array(InboxItem), done: z.array(DoneItem) });
export type InboxView = z.infer<typeof InboxView>;
