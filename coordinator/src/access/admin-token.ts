import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from '@consilium/identity';
import type { Actor } from './permission/actor.js';
import { newSecret, sameSecret } from './secret-token.js';

export const ADMIN_TOKEN_FILE = 'admin.token';

/** Whoever can read the state directory: the machine itself, its scripts, and the way back in when nobody else can. */
export const MACHINE: Actor = {
  id: 'admin-token',
  name: 'admin',
  email: null,
  roles: ['admin', 'researcher', 'compliance'],
  sites: [],
  via: 'admin-token',
  token: null,
  reach: 'all',
};

/** The machine credential: one secret that has the roles of {@link MACHINE}, and is no person. */
export class AdminToken {
  constructor(private readonly token: string) {}

  /** In constant time. */
  matches(token: string): boolean {
    return sameSecret(token, this.token);
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
  const token = newSecret('consilium-admin-');
  await writeSecretFile(path, Buffer.from(`${token}\n`));
  return new AdminToken(token);
}
