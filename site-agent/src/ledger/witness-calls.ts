import { randomBytes } from 'node:crypto';
import type { CosignAnswer, CosignRequest, LastSeenAnswer, LastSeenQuestion, WitnessLink } from '@consilium/ledger';
import type { WitnessAnswer, WitnessQuestion } from '@consilium/protocol/wire';
import { cosignQuestion, readCosignAnswer, readLastAnswer } from './witness-messages.js';

export type SendQuestion = (question: WitnessQuestion) => void;

interface Waiting {
  readonly question: WitnessQuestion;
  readonly answered: (answer: WitnessAnswer) => void;
  readonly lost: () => void;
}

const ID_BYTES = 16;

/**
 * Questions to the witnesses of this site's ledgers, through the session. Questions that are open when a session ends are
 * asked again in the next one; each caller brings its own limit.
 */
export class WitnessCalls implements WitnessLink {
  readonly #waiting = new Map<string, Waiting>();
  #send: SendQuestion = () => undefined;
  #closed = false;

  newSession(send: SendQuestion): void {
    this.#send = send;
    for (const { question } of this.#waiting.values()) send(question);
  }

  /** An answer came; one that nobody waits for, or from another site than was asked, counts for nothing. */
  hear(answer: WitnessAnswer): void {
    const waiting = this.#waiting.get(answer.id.toString('hex'));
    if (waiting?.question.site === answer.site) waiting.answered(answer);
  }

  /** The agent ends: nobody waits for an answer any more. */
  close(): void {
    this.#closed = true;
    for (const { lost } of this.#waiting.values()) lost();
  }

  async cosign(site: string, request: CosignRequest, signal: AbortSignal): Promise<CosignAnswer> {
    const answer = readCosignAnswer((await this.#ask(site, cosignQuestion(request), signal)).answer);
    if (answer === undefined) throw new TypeError(`${site} answered something else`);
    return answer;
  }

  /** @returns undefined where the answer is of another kind; who signed it is for `readLastSeen` */
  async last(site: string, { origin, nonce }: LastSeenQuestion, signal: AbortSignal): Promise<LastSeenAnswer | undefined> {
    const value = { origin, nonce: Buffer.from(nonce, 'hex') };
    return readLastAnswer(site, (await this.#ask(site, { $case: 'last', value }, signal)).answer);
  }

  /** Rejects when the signal aborts. */
  #ask(site: string, question: WitnessQuestion['question'], signal: AbortSignal): Promise<WitnessAnswer> {
    const id = randomBytes(ID_BYTES);
    const key = id.toString('hex');
    return new Promise<WitnessAnswer>((resolve, reject) => {
      const over = (): void => {
        this.#waiting.delete(key);
        signal.removeEventListener('abort', late);
      };
      const late = (): void => {
        over();
        reject(new TypeError(`${site} did not answer`));
      };
      if (signal.aborted || this.#closed) return late();
      signal.addEventListener('abort', late, { once: true });
      const asked: WitnessQuestion = { site, id, question };
      const answered = (answer: WitnessAnswer): void => {
        over();
        resolve(answer);
      };
      this.#waiting.set(key, { question: asked, answered, lost: late });
      this.#send(asked);
    });
  }
}
