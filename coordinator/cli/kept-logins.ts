import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';

const Login = z.object({ token: z.string(), email: z.string(), tokenId: z.string(), expiresAt: z.string() });
const Logins = z.object({
  /** The coordinator that was signed in to last. */
  current: z.string().optional(),
  /** By address. */
  tokens: z.record(z.string(), Login),
});
export type Login = z.infer<typeof Login>;
export type Logins = z.infer<typeof Logins>;

/** Where a person's API tokens are kept (XDG Base Directory): mode 0600. */
export function loginsFile(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'consilium', 'logins.json');
}

/** @throws ConsiliumError KEY_FILE_MODE where others could read them, LOGINS_INVALID */
export async function readLogins(environment: NodeJS.ProcessEnv): Promise<Logins> {
  // Loaded here: its cryptography takes longer to load than `--help` may take to answer.
  const { readSecretFile } = await import('@consilium/identity');
  const path = loginsFile(environment);
  try {
    return Logins.parse(JSON.parse((await readSecretFile(path)).toString('utf8')));
  } catch (error) {
    if (error instanceof ConsiliumError && error.code === 'KEY_FILE_MISSING') return { tokens: {} };
    if (error instanceof ConsiliumError) throw error;
    throw new ConsiliumError({
      code: 'LOGINS_INVALID',
      errorClass: 'usage',
      message: `${path} is not a file of this program.`,
      fix: 'Remove it, and sign in again: consilium login.',
      cause: error,
    });
  }
}

/** Keeps a login, or forgets one; the address becomes the current one, or is it no longer. */
export async function keepLogin(environment: NodeJS.ProcessEnv, url: string, login: Login | undefined): Promise<string> {
  const { writeSecretFile } = await import('@consilium/identity');
  const { tokens: kept, current } = await readLogins(environment);
  const { [url]: _, ...others } = kept;
  const next: Logins =
    login === undefined
      ? { tokens: others, ...(current === undefined || current === url ? {} : { current }) }
      : { tokens: { ...others, [url]: login }, current: url };
  const path = loginsFile(environment);
  await writeSecretFile(path, Buffer.from(`${JSON.stringify(next)}\n`));
  return path;
}
