import type { StudyHash } from '@consilium/protocol';
import type { Obstacle, ReportedStep, TurnedAway } from '../grpc/session-hub.js';
import type { Progress } from '../grpc/upload-progress.js';
import type { StudyState } from '../rounds/study-state.js';

/** What the coordinator knows of a site besides the study's record. */
export interface Presence {
  readonly connected: boolean;
  /** Milliseconds since 1970; nothing for a site that was never connected. */
  readonly lastSeen: number | undefined;
  readonly step: ReportedStep | undefined;
  readonly upload: Progress | undefined;
  readonly now: number;
  /** What keeps the site from this study by its own word. */
  readonly obstacles?: readonly Obstacle[];
  /** Its agent was too old for a session. */
  readonly turnedAway?: TurnedAway | undefined;
  /** The study that occupies the site while this one is queued. */
  readonly occupant?: StudyState | undefined;
  /** Another version of the study that the site has approved. */
  readonly approvedOther?: StudyHash | undefined;
}
