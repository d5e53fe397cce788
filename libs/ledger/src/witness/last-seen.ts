import { parseCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import { signedJson, type KeyReader, type Signer } from '../signatures.js';

/** What a site asks each witness when it starts. */
export interface LastSeenQuestion {
  readonly consortium: string;
  readonly origin: string;
  /** Fresh for each start, 64 hex digits: an answer to an earlier question is no answer. */
  readonly nonce: string;
}

/** A witness's answer as it travels. */
export interface LastSeenAnswer {
  readonly site: string;
  /** The last note of the origin that it cosigned; null where it never did. */
  readonly note: string | null;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** An answer that its witness signed, to this question. */
export interface LastSeen {
  readonly site: string;
  readonly note: CheckpointNote | null;
}

function answerBytes({ consortium, origin, nonce }: LastSeenQuestion, site: string, note: string | null): Buffer {
  return signedJson('ledger-last', { consortium, origin, nonce, site, note });
}

export function signLastSeen(question: LastSeenQuestion, site: string, note: string | null, signer: Signer): LastSeenAnswer {
  return { site, note, signature: signer.sign(answerBytes(question, site, note)) };
}

/** @returns undefined for an answer by another key, to another question, or about another ledger */
export function readLastSeen(
  question: LastSeenQuestion,
  answer: LastSeenAnswer,
  keys: readonly Uint8Array[],
  readKey: KeyReader,
): LastSeen | undefined {
  const bytes = answerBytes(question, answer.site, answer.note);
  if (!keys.some((key) => readKey(key)(bytes, answer.signature))) return undefined;
  if (answer.note === null) return { site: answer.site, note: null };
  try {
    const note = parseCheckpoint(answer.note);
    return note.origin === question.origin ? { site: answer.site, note } : undefined;
  } catch {
    return undefined;
  }
}
