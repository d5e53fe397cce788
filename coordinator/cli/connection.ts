import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import { DEFAULT_HTTP_PORT, DEFAULT_STATE } from '../src/config/defaults.js';
import { readLogins } from './kept-logins.js';

export interface ConnectionFlags {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly state?: string | undefined;
}

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  /** A secret. */
  readonly token: string;
}

const Listening = z.object({ url: z.string() });

/**
 * Where the coordinator is and what proves that we may: flags, then `CONSILIUM_URL` and `CONSILIUM_TOKEN_FILE`, then what
 * `consilium login` has kept, then the files that a coordinator on this machine leaves in its state directory.
 * @throws ConsiliumError INVALID_URL, INSECURE_URL, NOT_SIGNED_IN, KEY_FILE_MODE
 */
export async function findConnection(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const url = await findUrl(flags, environment);
  const state = flags.state ?? environment['CONSILIUM_STATE'];
  const tokenFile = flags.tokenFile ?? environment['CONSILIUM_TOKEN_FILE'];
  // Whoever names a state directory means the coordinator on this machine; otherwise a person who has signed in is that person.
  if (tokenFile === undefined && state === undefined) {
    const login = (await readLogins(environment)).tokens[url];
    if (login !== undefined) return { url, token: login.token };
  }
  return { url, token: await readToken(tokenFile ?? join(resolve(state ?? DEFAULT_STATE), 'admin.token')) };
}

/** Where the coordinator is, without what proves that we may. @throws ConsiliumError INVALID_URL, INSECURE_URL */
export async function findUrl(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Promise<string> {
  const said = flags.url ?? environment['CONSILIUM_URL'];
  if (said !== undefined) return checkUrl(said);
  const state = flags.state ?? environment['CONSILIUM_STATE'];
  const last = state === undefined ? (await readLogins(environment)).current : undefined;
  return checkUrl(last ?? (await listeningUrl(resolve(state ?? DEFAULT_STATE))) ?? `http://127.0.0.1:${DEFAULT_HTTP_PORT}`);
}

async function listeningUrl(state: string): Promise<string | undefined> {
  try {
    return Listening.parse(JSON.parse(await readFile(join(state, 'listening.json'), 'utf8'))).url;
  } catch {
    return undefined;
  }
}

/** A token may do much: it leaves this machine only under TLS. */
function checkUrl(text: string): string {
  const refuse = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'usage', message, fix });
  if (!URL.canParse(text)) throw refuse('INVALID_URL', "The coordinator's URL is not one.", 'Give it as --url http://127.0.0.1:7480.');
  const url = new URL(text);
  const here = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && here))
    throw refuse(
      'INSECURE_URL',
      'A token is sent over https only, except to this machine.',
      'Use the https:// address, or a tunnel to 127.0.0.1.',
    );
  return url.href.replace(/\/+$/, '');
}

async function readToken(path: string): Promise<string> {
  // Loaded here: its cryptography takes longer to load than `--help` may take to answer.
  const { readSecretFile } = await import('@consilium/identity');
  try {
    return (await readSecretFile(path)).toString('utf8').trim();
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'KEY_FILE_MISSING') throw error;
    throw new ConsiliumError({
      code: 'NOT_SIGNED_IN',
      errorClass: 'forbidden',
      message: `Nobody is signed in, and there is no admin token at ${path}.`,
      fix: 'Sign in with consilium login --url URL; or name a token with --token-file or CONSILIUM_TOKEN_FILE; the coordinator keeps it as admin.token in its state directory.',
    });
  }
}
