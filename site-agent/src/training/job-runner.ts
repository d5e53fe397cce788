import { siteRefused, type SiteRefused } from '../rounds/site-refused.js';
import type { JobAnswer, JobRequest } from './jobs.js';

/** Who hears of a runner. */
export interface RunnerEvents {
  readonly answer: (answer: JobAnswer) => void;
  /** It has ended, or is being ended, for a reason of its own: said once, and no answer follows. */
  readonly ended: (reason: SiteRefused) => void;
}

/** A thread or process that does jobs, one at a time. */
export interface JobRunner {
  send(request: JobRequest): void;
  /** While it has a job it keeps the agent alive; between jobs it does not. */
  busy(busy: boolean): void;
  /** Ends it at once, whatever it does. Resolves when it is gone. */
  kill(): Promise<void>;
}

export type StartRunner = (events: RunnerEvents) => JobRunner;

/**
 * The end of a runner as the coordinator is told of it.
 * @param signal - what ended it; only letters, digits and underscores leave the site
 * @param cause - for the incident, which stays at the site
 */
export const killedBy = (signal: string, cause?: unknown): SiteRefused =>
  siteRefused('TRAINING_KILLED', { signal: signal.replace(/\W/g, '_').slice(0, 80) }, cause);
