import { SiteName } from '@consilium/protocol';
import type { OpenResponse, WitnessAnswer, WitnessQuestion } from '@consilium/protocol/wire';

/** Whether the site is connected: a message to one that is not is lost. */
type Send = (site: SiteName, message: OpenResponse) => boolean;

const ID_BYTES = 16;
/** Of one note, line or origin. A note has a line for its owner and for each of at most a thousand witnesses. */
const LONGEST_TEXT = 262_144;
const LONGEST_PROOF = 64;

/**
 * Hands on what sites ask the witnesses of their ledgers, and the answers. In memory, and between members only: whoever
 * asks waits for a limited time and asks again. A coordinator that drops or invents some achieves that a site waits.
 */
export class WitnessRelay {
  constructor(private readonly send: Send) {}

  ask(asking: SiteName, question: WitnessQuestion): void {
    const witness = SiteName.safeParse(question.site).data;
    if (witness === undefined || witness === asking || question.id.length !== ID_BYTES || !isSmall(question)) return;
    this.send(witness, { body: { $case: 'witnessQuestion', value: { ...question, site: asking } } });
  }

  answer(witness: SiteName, answer: WitnessAnswer): void {
    const asking = SiteName.safeParse(answer.site).data;
    if (asking === undefined || asking === witness || answer.id.length !== ID_BYTES) return;
    this.send(asking, { body: { $case: 'witnessAnswer', value: { ...answer, site: witness } } });
  }
}

function isSmall({ question }: WitnessQuestion): boolean {
  switch (question?.$case) {
    case 'cosign': {
      const { checkpoint, proof } = question.value;
      return checkpoint.length <= LONGEST_TEXT && proof.length <= LONGEST_PROOF && proof.every((hash) => hash.length === 32);
    }
    case 'last':
      return question.value.origin.length <= LONGEST_TEXT && question.value.nonce.length === 32;
    case undefined:
      return false;
  }
}
