import type { Json } from '@consilium/protocol';
import type { Database } from '../storage/index.js';
import type { AuditLog, Happening } from './audit-log.js';

/** What a handler knows of the change it makes. */
export interface ChangeNotes {
  readonly subject?: string;
  readonly before?: Json;
  readonly after?: Json;
  /** Where the request itself does not say who acts: a link, a sign-in. */
  readonly by?: Pick<Happening, 'actor' | 'actorId' | 'via'>;
  readonly action?: string;
  readonly outcome?: 'done' | 'refused';
}

/** The change that one request makes, as the audit log will have it. Secrets never go in: notes are written by hand. */
export class Change {
  #happening: Omit<Happening, 'outcome'>;
  #recorded = false;

  constructor(
    private readonly log: AuditLog,
    happening: Omit<Happening, 'outcome'>,
  ) {
    this.#happening = happening;
  }

  /** Whether its entry is stored already: see {@link inside}. */
  get recorded(): boolean {
    return this.#recorded;
  }

  /** Says more of the change; what was said before stays where nothing new is said. */
  note({ by, outcome: _, ...notes }: ChangeNotes): void {
    this.#happening = { ...this.#happening, ...notes, ...by };
  }

  /**
   * Makes the change and its entry in one transaction.
   * @param work - returns what the caller gets, and the notes; where it throws, nothing is stored
   * @throws ConsiliumError AUDIT_UNAVAILABLE, with nothing changed
   */
  async inside<T>(db: Database, work: (tx: Database) => Promise<{ readonly result: T; readonly notes: ChangeNotes }>): Promise<T> {
    const result = await db.transaction().execute(async (tx) => {
      const done = await work(tx);
      this.note(done.notes);
      await this.log.append(tx, { ...this.#happening, outcome: done.notes.outcome ?? 'done' });
      return done.result;
    });
    this.#recorded = true;
    this.log.counted(this.#happening.action);
    return result;
  }

  /** An entry of its own, before or after the change. */
  async write(outcome: Happening['outcome'], code?: string): Promise<void> {
    const { before, after, ...rest } = this.#happening;
    const told = code === undefined ? after : { code };
    this.#recorded ||= outcome !== 'begun';
    await this.log.write({ ...rest, before: outcome === 'begun' ? null : before, after: outcome === 'begun' ? null : told, outcome });
  }
}
