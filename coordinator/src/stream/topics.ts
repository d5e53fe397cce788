import { ConsiliumError, StudyHash } from '@consilium/protocol';

/**
 * What can be followed. A study is a sequence: every event once, in order. The others are levels: what counts is how
 * they stand now, so that a client which was away learns that they changed, not how often.
 */
export const LEVELS = ['studies', 'sites', 'inbox', 'budgets'] as const;
export type Level = (typeof LEVELS)[number];
export type Topic = Level | `study:${StudyHash}`;

/** Where a client is in what it follows: the number of the study's last event, or the version of a level. */
export type Place = number | string;

/** The topics of a stream with the place in each; undefined for one that has just been asked for. */
export type Places = ReadonlyMap<Topic, Place | undefined>;

const MOST_TOPICS = 16;

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);

/** The study that a topic is about; undefined for a level. */
export const studyOf = (topic: Topic): StudyHash | undefined => (isLevel(topic) ? undefined : (topic.slice('study:'.length) as StudyHash));

/** @returns undefined for what is no topic */
function readTopic(text: string): Topic | undefined {
  if (isLevel(text)) return text;
  const hash = /^study:(.+)$/.exec(text)?.[1];
  const study = StudyHash.safeParse(hash);
  return study.success ? `study:${study.data}` : undefined;
}

/** @param text - topics, comma separated @throws ConsiliumError TOPIC_UNKNOWN */
export function readTopics(text: string): readonly Topic[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
  const topics = names.map(readTopic);
  if (topics.length > 0 && topics.length <= MOST_TOPICS && topics.every((topic) => topic !== undefined)) return topics;
  throw new ConsiliumError({
    code: 'TOPIC_UNKNOWN',
    errorClass: 'usage',
    message: `A stream follows 1 to ${MOST_TOPICS} topics: study:HASH with the whole hash, ${LEVELS.join(', ')}.`,
    fix: 'Ask for /api/v1/events?topic=studies,sites.',
  });
}

/** The id of an event: the place in every topic of its stream, so that one header says all when a client comes back. */
export function writePlaces(places: ReadonlyMap<Topic, Place>): string {
  return [...places].map(([topic, place]) => `${topic}=${place}`).join(' ');
}

/**
 * Where a client that comes back was. Topics that it no longer follows are left out, and what cannot be read counts as
 * new: then nothing is missed either, because a new topic is read anew by whoever asks for it.
 * @param id - `Last-Event-ID` as it came
 */
export function resumed(topics: readonly Topic[], id: string | undefined): Places {
  const known = new Map((id ?? '').split(' ').map((part) => part.split('=') as [string, string | undefined]));
  return new Map(
    topics.map((topic): [Topic, Place | undefined] => {
      const place = known.get(topic);
      if (place === undefined || place === '') return [topic, undefined];
      if (isLevel(topic)) return [topic, place];
      return [topic, /^\d{1,9}$/.test(place) ? Number(place) : undefined];
    }),
  );
}
