import { createHash } from 'node:crypto';
import { wordlist } from '@scure/bip39/wordlists/english.js';

const WORDS = 8;
const BITS = 11n;

/**
 * Eight words of the BIP-39 English list (2048 words, 11 bits each) for two people to compare by phone: the first
 * 88 bits of SHA-256 over the bytes, most significant first.
 */
export function fingerprintWords(bytes: Uint8Array): string {
  const head = BigInt(`0x${createHash('sha256').update(bytes).digest('hex').slice(0, 22)}`);
  return Array.from({ length: WORDS }, (_, index) => {
    const shift = BITS * BigInt(WORDS - 1 - index);
    return wordlist[Number((head >> shift) & 0x7ffn)];
  }).join(' ');
}
