import type { Json } from '@consilium/protocol';
import type { LedgerName } from '../notes/checkpoint.js';
import { signedJson, type KeyReader, type Signer } from '../signatures.js';
import type { Decision, OfficerWord } from './decision.js';

/** An officer with the key at hand. */
export interface Officer {
  /** As `site.yaml` has it; 1 to 80 letters, digits and _ . : / = @ -. */
  readonly name: string;
  readonly signer: Signer;
}

/** What an officer signs: of which ledger, what, and with which nonce. */
function wordBytes({ consortium, site, population }: LedgerName, decision: Decision, word: Omit<OfficerWord, 'signature'>): Buffer {
  const { name, key, nonce } = word;
  return signedJson('ledger-word', { consortium, site, population, officer: name, key, nonce, decision: decision as Json });
}

/**
 * Signs a decision on one ledger. The word travels into the entry as it is, so that it need not be signed where and when
 * the entry is written.
 * @param nonce - 16 bytes, fresh for each decision: a ledger takes a word once
 */
export function signWord(ledger: LedgerName, decision: Decision, { name, signer }: Officer, nonce: Uint8Array): OfficerWord {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const word = { role: 'officer', name, key: hex(signer.publicKey), nonce: hex(nonce) } as const;
  return { ...word, signature: hex(signer.sign(wordBytes(ledger, decision, word))) };
}

/** Whether the key in the word signed this very decision on this ledger. Whose key it is, is for people to know. */
export function wordHolds(ledger: LedgerName, decision: Decision, { signature, ...word }: OfficerWord, readKey: KeyReader): boolean {
  return readKey(Buffer.from(word.key, 'hex'))(wordBytes(ledger, decision, word), Buffer.from(signature, 'hex'));
}
