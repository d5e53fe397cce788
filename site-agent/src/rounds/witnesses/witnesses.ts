import { randomBytes } from 'node:crypto';
import type { SiteName, StudyHash, Thresholds } from '@consilium/protocol';
import type { Recall, Recollection } from '@consilium/protocol/wire';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite, WitnessDesk } from '../study-at-site.js';
import { heedWitnesses, type Testimony } from './restored.js';
import { readRecollection } from './recollection.js';

/** So long a step waits for witnesses before it says for whom; it is tried again. */
const PATIENCE_MS = 5_000;

/**
 * How many of the other sites must have answered: 2w > (n − 1) + c, so that one of them is honest and has seen whatever
 * t honest sites have seen (PROTOCOL.md section 4, "Start of a session"). At n = 3 and 4 it is all of them.
 */
export function witnessesNeeded({ n, c }: Thresholds): number {
  return Math.floor((n - 1 + c) / 2) + 1;
}

interface Question {
  readonly nonce: Buffer;
  readonly answers: Map<SiteName, Testimony>;
  /** Resolves with every further answer. */
  news: PromiseWithResolvers<void>;
  satisfied: boolean;
}

/**
 * Asks, once in the life of the process and for each study, what the others hold from this site, before it makes, signs
 * or releases anything in it. A process that runs knows what it signed; only a start can be one from an older disk.
 */
export class Witnesses implements WitnessDesk {
  readonly #questions = new Map<StudyHash, Question>();
  readonly #patienceMs: number;
  #ask: (question: Recall) => void = () => undefined;

  constructor(patienceMs: number = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** A new session: the coordinator may have forgotten what was asked in the last one. */
  newSession(ask: (question: Recall) => void): void {
    this.#ask = ask;
    for (const [study, { nonce, satisfied }] of this.#questions) if (!satisfied) ask({ study, site: '', nonce });
  }

  /**
   * Resolves once enough others have answered; at once where they have before.
   * @throws SiteRefused WITNESSES naming those that are missed
   */
  async heard(at: StudyAtSite, signal: AbortSignal): Promise<void> {
    const question = this.#question(at.hash);
    if (question.satisfied) return;
    const needed = witnessesNeeded(at.study.derived.thresholds);
    const patience = AbortSignal.timeout(this.#patienceMs);
    while (!question.satisfied && !signal.aborted) {
      if (question.answers.size >= needed) {
        heedWitnesses(at.state, at.hash, [...question.answers.values()]);
        question.satisfied = true;
        return;
      }
      if (patience.aborted) throw missed(at, question);
      await Promise.race([question.news.promise, aborted(AbortSignal.any([signal, patience]))]);
    }
  }

  /** An answer came; one that is not to be trusted counts for nothing. */
  answer(at: StudyAtSite, recollection: Recollection): void {
    const question = this.#questions.get(at.hash);
    if (!question || question.satisfied) return;
    const testimony = readRecollection(at, question.nonce, recollection);
    if (!testimony) return;
    question.answers.set(testimony.witness, testimony);
    question.news.resolve();
    question.news = Promise.withResolvers();
  }

  #question(study: StudyHash): Question {
    const known = this.#questions.get(study);
    if (known) return known;
    const question: Question = { nonce: randomBytes(32), answers: new Map(), news: Promise.withResolvers(), satisfied: false };
    this.#questions.set(study, question);
    this.#ask({ study, site: '', nonce: question.nonce });
    return question;
  }
}

function missed(at: StudyAtSite, { answers }: Question) {
  const names = at.study.sites.names.filter((name) => name !== at.name && !answers.has(name)).join(', ');
  return siteRefused('WITNESSES', { missing: names.length > 200 ? `${names.slice(0, 199)}…` : names });
}

/** Resolves, never rejects. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
