import type { KeyReader } from '@consilium/ledger';
import { createHash } from './node-crypto.js';

/** One signature that somebody wants to know about. */
interface Question {
  readonly publicKey: Uint8Array;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** How many signatures are checked between two signs of life. */
const AT_ONCE = 200;

/**
 * The verifier asks for signatures one by one and wants each answer at once; a browser checks Ed25519 only later
 * (WebCrypto). So it is asked twice: the first time everything is answered "yes" and written down, then all that was
 * asked is checked, and it is run again with true answers, until it asks nothing that has not been checked. The last
 * run saw no unchecked answer, so its verdict is the verifier's own.
 */
export class SignatureBook {
  readonly #known = new Map<string, boolean>();
  readonly #asked = new Map<string, Question>();

  readonly readKey: KeyReader = (publicKey) => (bytes, signature) => {
    const name = createHash('sha256').update(publicKey).update(signature).update(bytes).digest('hex');
    const known = this.#known.get(name);
    if (known === undefined) this.#asked.set(name, { publicKey, bytes, signature });
    return known ?? true;
  };

  /** @returns whether anything was asked since, so that another run is needed */
  async checkAsked(progress: (done: number, of: number) => void): Promise<boolean> {
    const questions = [...this.#asked];
    this.#asked.clear();
    const keys = new Map<string, Promise<Key | undefined>>();
    const keyOf = (bytes: Uint8Array) => {
      const name = createHash('sha256').update(bytes).digest('hex');
      const found = keys.get(name) ?? importKey(bytes);
      keys.set(name, found);
      return found;
    };
    for (let at = 0; at < questions.length; at += AT_ONCE) {
      progress(at, questions.length);
      await Promise.all(
        questions.slice(at, at + AT_ONCE).map(async ([name, { publicKey, bytes, signature }]) => {
          const key = await keyOf(publicKey);
          const holds =
            key !== undefined &&
            signature.length === 64 &&
            (await crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(bytes)));
          this.#known.set(name, holds);
        }),
      );
    }
    progress(questions.length, questions.length);
    return questions.length > 0;
  }
}

/** @returns undefined for bytes that are no key */
async function importKey(bytes: Uint8Array): Promise<Key | undefined> {
  try {
    return await crypto.subtle.importKey('raw', new Uint8Array(bytes), 'Ed25519', false, ['verify']);
  } catch {
    return undefined;
  }
}

/** Whether this browser can check an Ed25519 signature at all: an old one cannot, nor a page without https. */
export async function hasEd25519(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return true;
  } catch {
    return false;
  }
}
