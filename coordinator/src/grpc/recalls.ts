import { StudyHash, type SiteName } from '@consilium/protocol';
import type { OpenResponse, Recall, Recollection } from '@consilium/protocol/wire';

export interface RecallPorts {
  /** The sites of a study; none for one that is not known. */
  readonly membersOf: (study: StudyHash) => readonly SiteName[];
  readonly send: (site: SiteName, message: OpenResponse) => void;
}

/**
 * Hands on what sites ask each other at the start of a session (PROTOCOL.md section 4), also to one that comes later.
 * In memory: a site asks again when the coordinator has restarted.
 */
export class Recalls {
  readonly #ports: RecallPorts;
  /** The last question of each site, by study. */
  readonly #asked = new Map<StudyHash, Map<SiteName, Recall>>();

  constructor(ports: RecallPorts) {
    this.#ports = ports;
  }

  ask(site: SiteName, { study, nonce }: Recall): void {
    const hash = StudyHash.safeParse(study).data;
    const members = hash === undefined ? [] : this.#ports.membersOf(hash);
    if (hash === undefined || !members.includes(site) || nonce.length !== 32) return;
    const question = { study, site, nonce };
    this.#asked.set(hash, (this.#asked.get(hash) ?? new Map<SiteName, Recall>()).set(site, question));
    for (const other of members) if (other !== site) this.#put(other, question);
  }

  /** An answer goes to the site that asked, and to no site that is not of the study. */
  answer(site: SiteName, recollection: Recollection): void {
    const hash = StudyHash.safeParse(recollection.study).data;
    const members = hash === undefined ? [] : this.#ports.membersOf(hash);
    const asking = members.find((member) => member === recollection.of);
    if (!asking || recollection.site !== site || !members.includes(site)) return;
    this.#ports.send(asking, { body: { $case: 'recollection', value: recollection } });
  }

  /** A site has come: it gets the questions that the others have asked so far. */
  opened(site: SiteName): void {
    for (const [study, questions] of this.#asked) {
      if (!this.#ports.membersOf(study).includes(site)) continue;
      for (const [asking, question] of questions) if (asking !== site) this.#put(site, question);
    }
  }

  #put(site: SiteName, question: Recall): void {
    this.#ports.send(site, { body: { $case: 'recall', value: question } });
  }
}
