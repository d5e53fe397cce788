import { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { LEVELS } from './topics.js';

/** One message of a stream, as it stands in `data:`. */
export const StreamEvent = z.object({
  topic: z.union([z.enum(LEVELS), z.templateLiteral(['study:', StudyHash]), z.literal('stream')]),
  /** Of a study its event's number, without gaps; of a level its version. */
  seq: z.union([z.int(), z.string()]),
  /** Of a study the kind of its event; `changed` of a level; `open` of the stream, once at its start. */
  type: z.string(),
  at: z.iso.datetime().optional(),
  /** Of a study what happened, without signatures and evidence: those are at /studies/{id}/events. */
  data: z.record(z.string(), z.unknown()),
});
export type StreamEvent = z.infer<typeof StreamEvent>;

/** What a person sees of a study's event; keys, shares, signatures and evidence are not among it. */
const SEEN = new Set([
  'site',
  'round',
  'attempt',
  'kind',
  'by',
  'code',
  'fields',
  'incident',
  'decision',
  'bytes',
  'contributors',
  'participants',
  'sites',
  'reason',
  'outcome',
  'deadline',
  'outOfStep',
  'faulty',
  'keyEpoch',
  'block',
  'seats',
  'vote',
  'release',
  'until',
  'steward',
]);

const isPlain = (value: unknown): boolean =>
  value === null || typeof value !== 'object' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

/** An event of a study as it is streamed. */
export function seenOf(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { state } = event;
  const place = typeof state === 'object' && state !== null ? state : {};
  return Object.fromEntries(
    Object.entries({ ...place, ...event }).filter(([key, value]) => SEEN.has(key) && (key === 'fields' || isPlain(value))),
  );
}
