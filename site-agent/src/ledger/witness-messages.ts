import type { CosignAnswer, CosignRequest, LastSeenAnswer } from '@consilium/ledger';
import type { WitnessAnswer, WitnessQuestion } from '@consilium/protocol/wire';

type Question = NonNullable<WitnessQuestion['question']>;
type Answer = NonNullable<WitnessAnswer['answer']>;

const REASONS = ['unreadable', 'unknown-origin', 'not-signed', 'bad-proof'] as const;

export function cosignQuestion({ checkpoint, from, proof }: CosignRequest): Question {
  return { $case: 'cosign', value: { checkpoint, from, proof: proof.map((hash) => Buffer.from(hash)) } };
}

export function cosignAnswer(answer: CosignAnswer): Answer {
  switch (answer.kind) {
    case 'cosigned':
      return { $case: 'cosigned', value: answer.line };
    case 'conflict':
      return { $case: 'held', value: { size: answer.size, note: answer.held ?? undefined } };
    case 'refused':
      return { $case: 'refused', value: answer.why };
  }
}

/** @returns undefined for an answer of another kind, or of words that no witness says */
export function readCosignAnswer(answer: WitnessAnswer['answer']): CosignAnswer | undefined {
  switch (answer?.$case) {
    case 'cosigned':
      return { kind: 'cosigned', line: answer.value };
    case 'held':
      return { kind: 'conflict', size: answer.value.size, held: answer.value.note ?? null };
    case 'refused': {
      const why = REASONS.find((reason) => reason === answer.value);
      return why && { kind: 'refused', why };
    }
    default:
      return undefined;
  }
}

export function lastAnswer({ note, signature }: LastSeenAnswer): Answer {
  return { $case: 'last', value: { note: note ?? undefined, signature: Buffer.from(signature) } };
}

/** @param site - that answered; who really signed is checked by `readLastSeen` */
export function readLastAnswer(site: string, answer: WitnessAnswer['answer']): LastSeenAnswer | undefined {
  if (answer?.$case !== 'last') return undefined;
  return { site, note: answer.value.note ?? null, signature: answer.value.signature };
}
