import { ConsiliumError, StudyHash } from '@consilium/protocol';
import { RefusalKind, type Assignment, type Refusal } from '@consilium/protocol/wire';
import { isFailure, refusalOf } from '../rounds/site-refused.js';
import { recordIncident, type SiteState } from '../state/index.js';

/** Where in a study an assignment is: what a refusal names. */
export function placeOf({ task }: Assignment): { readonly round: number; readonly attempt: number } {
  switch (task?.$case) {
    case 'contribute':
    case 'signList':
      return { round: task.value.round, attempt: task.value.attempt };
    case 'unmask':
    case 'signFold':
    case 'apply':
      return { round: task.value.list?.round ?? 0, attempt: task.value.list?.attempt ?? 0 };
    case 'vote':
    case 'uploadBundle':
    case 'signAbort':
      return { round: task.value.round, attempt: 0 };
    default:
      return { round: 0, attempt: 0 };
  }
}

/** The block of seats for which an assignment asks something: a refusal of it may end them. Of a sum to apply none: nothing is owed. */
function blockOf({ task }: Assignment): number | undefined {
  switch (task?.$case) {
    case 'advertise':
    case 'revealSeed':
    case 'share':
    case 'hold':
    case 'contribute':
    case 'signList':
      return task.value.block;
    case 'unmask':
    case 'signFold':
      return task.value.list?.block;
    default:
      return undefined;
  }
}

/** Everything that site IT may want to know, and that stays here. */
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is not an error was thrown';
  const problems = error instanceof ConsiliumError ? error.problems.map(({ path, detail }) => `${path}: ${detail}`) : [];
  const trace = 'trace' in error && typeof error.trace === 'string' ? error.trace : (error.stack ?? error.message);
  const cause = error.cause === undefined ? [] : [`caused by: ${detailOf(error.cause)}`];
  return [error.message, ...problems, trace, ...cause].join('\n');
}

/**
 * Turns an error into what may leave the site: a code with its declared fields, and the id of an incident that holds
 * the rest. Each refusal is said once in a session, and again, under the same incident, in the next one.
 */
export class RefusalDesk {
  readonly #state: SiteState;
  readonly #incidents = new Map<string, string>();
  readonly #said = new Set<string>();

  constructor(state: SiteState) {
    this.#state = state;
  }

  /** A new session: the coordinator may have forgotten what it was told in the last one. */
  newSession(): void {
    this.#said.clear();
  }

  /** @returns what to send; nothing where it has been said in this session */
  refuse(assignment: Assignment, error: unknown): Refusal | undefined {
    const { round, attempt } = placeOf(assignment);
    const { code, fields } = refusalOf(error);
    const block = blockOf(assignment);
    // Fields too: whom a site waits for changes.
    const key = JSON.stringify([assignment.study, block ?? null, round, attempt, code, fields]);
    if (this.#said.has(key)) return undefined;
    const incident = this.#incidents.get(key) ?? this.#record(assignment, round, code, error);
    this.#incidents.set(key, incident);
    this.#said.add(key);
    const kind = isFailure(code) ? RefusalKind.REFUSAL_KIND_FAILED : RefusalKind.REFUSAL_KIND_REFUSED;
    return { study: assignment.study, round, attempt, code, fields: { ...fields }, incident, kind, block };
  }

  #record({ study }: Assignment, round: number, code: string, error: unknown): string {
    return recordIncident(this.#state, { study: StudyHash.safeParse(study).data, round, code, detail: detailOf(error) });
  }
}
