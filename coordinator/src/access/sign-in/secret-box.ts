import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from '@consilium/identity';

export const SECRETS_KEY_FILE = 'secrets.key';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

/**
 * AES-256-GCM under a key of the state directory: what lies in the database, and in its backups, is of no use without
 * that file. A box is `version | nonce | tag | ciphertext` and opens for its owner only.
 */
export class SecretBox {
  constructor(private readonly key: Buffer) {}

  seal(secret: Uint8Array, owner: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner, 'utf8'));
    const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext]);
  }

  /** @throws Error for a box of another key or owner, or one that was changed */
  open(box: Uint8Array, owner: string): Buffer {
    if (box[0] !== VERSION) throw new Error('a secret of another form');
    const nonce = box.subarray(1, 1 + NONCE_BYTES);
    const tag = box.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner, 'utf8'));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(box.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  }
}

/** The key from `<state>/secrets.key` (mode 0600), made at the first start. @throws ConsiliumError KEY_FILE_MODE */
export async function openSecretBox(state: string): Promise<SecretBox> {
  const path = join(state, SECRETS_KEY_FILE);
  try {
    return new SecretBox(Buffer.from((await readSecretFile(path)).toString('utf8').trim(), 'base64url'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'KEY_FILE_MISSING')) throw error;
  }
  const key = randomBytes(KEY_BYTES);
  await writeSecretFile(path, Buffer.from(`${key.toString('base64url')}\n`));
  return new SecretBox(key);
}
