import type { MaskTerm } from './mask-sum.js';
import { MASK_KEY_BYTES } from './mask-stream.js';

/** Before a worker meets them. @throws RangeError for a key that is not 32 bytes */
export function requireMaskKeys(terms: readonly MaskTerm[]): void {
  for (const { key } of terms)
    if (key.length !== MASK_KEY_BYTES) throw new RangeError(`a mask key has ${MASK_KEY_BYTES} bytes, not ${key.length}`);
}
