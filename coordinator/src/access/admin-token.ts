import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from '@consilium/identity';

export const ADMIN_TOKEN_FILE = 'admin.token';

/** Until accounts exist: one secret that may do everything over HTTP, and says so in the record as `admin`. */
export class AdminToken {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digest(token);
  }

  /** In constant time, whatever the length: digests are compared. */
  matches(token: string): boolean {
    return timingSafeEqual(digest(token), this.#digest);
  }
}

/**
 * The token from `<state>/admin.token` (mode 0600), made at the first start: 256 bits from the operating system.
 * @throws ConsiliumError KEY_FILE_MODE where somebody else could read it
 */
export async function openAdminToken(state: string): Promise<AdminToken> {
  const path = join(state, ADMIN_TOKEN_FILE);
  try {
    return new AdminToken((await readSecretFile(path)).toString('utf8').trim());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'KEY_FILE_MISSING')) throw error;
  }
  const token = `consilium-admin-${randomBytes(32).toString('base64url')}`;
  await writeSecretFile(path, Buffer.from(`${token}\n`));
  return new AdminToken(token);
}

const digest = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();
