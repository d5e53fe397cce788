import type { StudyHash } from '@consilium/protocol';
import type { StoredEvent } from '../rounds/study-event.js';

/** The last events of the studies that something happens in: everybody who watches reads the same few. */
export class RecentEvents {
  readonly #byStudy = new Map<StudyHash, StoredEvent[]>();

  /** @param most - of one study @param studies - that are kept; the one that was quiet longest is forgotten */
  constructor(
    private readonly most = 256,
    private readonly studies = 32,
  ) {}

  add(study: StudyHash, stored: StoredEvent): void {
    const known = this.#byStudy.get(study) ?? [];
    this.#byStudy.delete(study);
    this.#byStudy.set(study, [...(known.at(-1)?.seq === stored.seq - 1 ? known.slice(1 - this.most) : []), stored]);
    const [oldest] = this.#byStudy.keys();
    if (this.#byStudy.size > this.studies && oldest !== undefined) this.#byStudy.delete(oldest);
  }

  /** All events after `after`; undefined where only the record has them all. */
  after(study: StudyHash, after: number): readonly StoredEvent[] | undefined {
    const known = this.#byStudy.get(study);
    const first = known?.[0]?.seq;
    if (!known || first === undefined || first > after + 1) return undefined;
    return known.slice(Math.max(0, after + 1 - first));
  }
}
