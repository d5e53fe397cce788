import { hostname } from 'node:os';
import type { Command } from 'commander';
import { ConsiliumError } from '@consilium/protocol';
import { keepLogin, readLogins } from '../kept-logins.js';
import { tokenByPassword, type PasswordLogin } from '../password-login.js';
import { readGivenFile } from '../read-given-file.js';
import type { Terminal } from '../terminal.js';
import type { CommandContext, Run } from './command-context.js';

interface LoginOptions {
  readonly passwordFile?: string;
  readonly code?: string;
  readonly days: string;
  readonly scope: readonly string[];
}

export function loginCommands(program: Command, run: Run): void {
  run<LoginOptions>(
    program
      .command('login')
      .description('sign in to a coordinator; an API token is kept for later commands')
      .argument('<email>')
      .option('--password-file <file>', 'read the password from a file, or from stdin with -')
      .option('--code <code>', 'of the second factor')
      .option('--days <days>', 'how long the token lasts, 1 to 90', '30')
      .option('--scope <scope...>', 'what the token may be used for, area:read or area:write', ['*:write']),
    login,
  );

  run(program.command('logout').description('end the token that login has kept'), async ({ url, api }) => {
    const at = await url();
    const kept = (await readLogins(process.env)).tokens[at];
    if (kept === undefined) return { data: { url: at, signedOut: false }, text: `Nobody is signed in to ${at} here.` };
    await api.revokeToken(kept.tokenId).catch((error: unknown) => {
      // Ended or revoked already: then only this machine still has it.
      if (!(error instanceof ConsiliumError) || !['UNAUTHENTICATED', 'API_TOKEN_UNKNOWN'].includes(error.code)) throw error;
    });
    await keepLogin(process.env, at, undefined);
    return { data: { url: at, signedOut: true }, text: `Signed out from ${at}; the token is ended.` };
  });

  run(program.command('whoami').description('who this machine is signed in as'), async ({ api }) => {
    const { account } = await api.whoAmI();
    const sites = account.sites.length === 0 ? '' : ` (${account.sites.join(', ')})`;
    return {
      data: account,
      text: `${account.name}${account.email === '' ? '' : ` <${account.email}>`}: ${account.roles.join(', ')}${sites}`,
    };
  });
}

async function login({ url, terminal }: CommandContext, [email = '']: readonly string[], options: LoginOptions) {
  const at = await url();
  const password = await passwordOf(options.passwordFile, terminal);
  const wish = { name: `consilium on ${hostname()}`.slice(0, 120), scopes: options.scope, days: Number(options.days) };
  const made = await withCode({ email, password, totp: options.code }, terminal, (form) => tokenByPassword(at, form, wish));
  const { token, id, owner, expiresAt } = made;
  const file = await keepLogin(process.env, at, { token, tokenId: id, email: owner, expiresAt });
  return {
    data: { url: at, email: owner, expiresAt, file },
    text: `Signed in to ${at} as ${owner} until ${expiresAt}.`,
    next: 'consilium study status',
  };
}

/** Asks for the second factor only once the coordinator wants it. */
async function withCode<T>(form: PasswordLogin, terminal: Terminal, signIn: (form: PasswordLogin) => Promise<T>): Promise<T> {
  try {
    return await signIn(form);
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.code !== 'TOTP_NEEDED' || !terminal.interactive) throw error;
    return signIn({ ...form, totp: await terminal.ask('Code of your authenticator app: ') });
  }
}

async function passwordOf(file: string | undefined, terminal: Terminal): Promise<string> {
  const given =
    file === undefined
      ? await terminal.askSecret('Password: ')
      : (await readGivenFile(file === '-' ? '/dev/stdin' : file)).toString('utf8');
  const password = given.replace(/\r?\n$/, '');
  if (password !== '') return password;
  throw new ConsiliumError({
    code: 'PASSWORD_NEEDED',
    errorClass: 'usage',
    message: 'There is no terminal to ask for the password.',
    fix: 'Give it with --password-file FILE, or - for stdin.',
  });
}
