import type { StudyHash } from '@consilium/protocol';
import type { Reach } from '../access/index.js';
import type { StreamEvent } from './stream-event.js';
import type { Level } from './topics.js';

/** Where streams read from. What a source hands out is durable: a client never sees what a restart could take back. */
export interface StreamSources {
  /** Number of the study's last event. @throws ConsiliumError STUDY_UNKNOWN */
  readonly lastOf: (study: StudyHash) => Promise<number>;
  /** Events after `after`, oldest first, as many as fit one go. */
  readonly eventsOf: (study: StudyHash, after: number) => Promise<readonly StreamEvent[]>;
  /** How a level stands now for whoever may see `reach`: equal texts, equal levels. */
  readonly versionOf: (level: Level, reach: Reach) => Promise<string>;
  /** Called after each change of a study. @returns what ends it */
  readonly watch: (changed: (study: StudyHash) => void) => () => void;
}
