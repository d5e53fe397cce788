import { ConsiliumError, StudyHash } from '@consilium/protocol';
import type { Assignment, Recall, Recollection } from '@consilium/protocol/wire';
import type { Logger } from 'pino';
import type { SiteConfig } from '../config/index.js';
import { act } from '../rounds/act.js';
import { CoordinatorAnswer } from '../rounds/ask-coordinator.js';
import { StudyDriver } from '../rounds/study-driver.js';
import type { Site } from '../rounds/study-at-site.js';
import { recollect } from '../rounds/witnesses/recollection.js';
import { enterStudy, type ReportStep } from './enter-study.js';
import type { SendMessage } from './hold-session.js';
import { placeOf, RefusalDesk } from './refusal-desk.js';

/** Hands each assignment to the driver of its study, and each study's words back to the session that is open. */
export class StudyDesk {
  readonly #site: Site;
  readonly #config: SiteConfig;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #refusals: RefusalDesk;
  readonly #drivers = new Map<StudyHash, StudyDriver>();
  readonly #seen = new Set<StudyHash>();
  #send: SendMessage = () => undefined;

  constructor(site: Site, config: SiteConfig, log: Logger, signal: AbortSignal) {
    this.#site = site;
    this.#config = config;
    this.#log = log;
    this.#signal = signal;
    this.#refusals = new RefusalDesk(site.state);
  }

  /** @param send - up the stream of the session that has just begun */
  newSession(send: SendMessage): void {
    this.#send = send;
    this.#seen.clear();
    this.#refusals.newSession();
    this.#site.witnesses.newSession((question) => send({ $case: 'recall', value: question }));
  }

  /** Another site has started, and asks what this one holds from it. */
  recall(question: Recall): void {
    const answer = recollect(this.#site, question);
    if (answer) this.#send({ $case: 'recollection', value: answer });
  }

  /** What another site holds from this one. */
  hearWitness(answer: Recollection): void {
    const { data: hash } = StudyHash.safeParse(answer.study);
    if (hash === undefined) return;
    try {
      this.#site.witnesses.answer(enterStudy(this.#site, this.#config, hash, this.#report), answer);
    } catch (error) {
      const code = error instanceof ConsiliumError ? error.code : 'INTERNAL';
      this.#log.warn({ study: hash.slice(0, 8), code }, 'the word of a witness could not be taken');
    }
  }

  take(assignment: Assignment): void {
    const { data: hash } = StudyHash.safeParse(assignment.study);
    if (hash === undefined) return this.#log.warn('an assignment without a study was ignored');
    const first = !this.#seen.has(hash);
    this.#seen.add(hash);
    this.#driver(hash).assign(assignment, first);
  }

  /** Resolves when no step is running any more; the agent's signal has aborted them. */
  async idle(): Promise<void> {
    await Promise.all([...this.#drivers.values()].map((driver) => driver.idle()));
  }

  #driver(hash: StudyHash): StudyDriver {
    const known = this.#drivers.get(hash);
    if (known) return known;
    const enter = (study: StudyHash) => enterStudy(this.#site, this.#config, study, this.#report);
    const driver = new StudyDriver(
      {
        act: async (assignment, signal) => {
          const begun = performance.now();
          await act(this.#site, enter, assignment, signal).catch((error: unknown) => {
            if (!signal.aborted) throw error;
          });
          if (assignment.task?.$case === 'rest') return;
          const ms = Math.round(performance.now() - begun);
          // The next assignment often overtakes the answer to a step's last call.
          this.#log.info({ ...fieldsOf(assignment), ms }, signal.aborted ? 'step over: another assignment came' : 'step done');
        },
        onError: (assignment, error) => this.#onError(assignment, error),
      },
      this.#signal,
    );
    this.#drivers.set(hash, driver);
    return driver;
  }

  readonly #report: ReportStep = (study, step, round, attempt) => this.#send({ $case: 'step', value: { study, round, attempt, step } });

  #onError(assignment: Assignment, error: unknown): 'unreachable' | 'refused' {
    const code = error instanceof ConsiliumError ? error.code : 'INTERNAL';
    if (error instanceof CoordinatorAnswer || code === 'TRANSFER_STALLED') {
      this.#log.warn({ ...fieldsOf(assignment), code }, 'the coordinator did not take a step; trying again');
      return 'unreachable';
    }
    try {
      const refusal = this.#refusals.refuse(assignment, error);
      if (!refusal) return 'refused';
      this.#log.error(
        { ...fieldsOf(assignment), code: refusal.code, incident: refusal.incident },
        'refused; the incident holds the detail',
      );
      this.#send({ $case: 'refusal', value: refusal });
    } catch (fault) {
      // The state directory itself may be what fails.
      this.#log.error(
        { ...fieldsOf(assignment), code, fault: fault instanceof Error ? fault.message : 'unknown' },
        'a refusal could not be recorded',
      );
    }
    return 'refused';
  }
}

/** Fields of the log's allow-list. */
function fieldsOf(assignment: Assignment): {
  readonly study: string;
  readonly round: number;
  readonly attempt: number;
  readonly task: string | undefined;
} {
  return { study: assignment.study.slice(0, 8), ...placeOf(assignment), task: assignment.task?.$case };
}
