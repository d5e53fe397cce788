import { createHash } from 'node:crypto';

/** What a site advertises of its self-mask secret: SHA-256("b" ‖ b) (PROTOCOL.md section 4, step 1). */
export function commitment(secret: Uint8Array): Buffer {
  return createHash('sha256').update('b').update(secret).digest();
}
