import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';

const run = promisify(execFile);

const ACCOUNT = 'postgres';

export interface PostgresCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** For the child process: another account than ours. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

/** As whom PostgreSQL runs, and the command that a program is started through. */
export interface PostgresAccount {
  /** Owner of the data directory; absent where the server runs as ourselves. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly command: (program: string, args: readonly string[]) => PostgresCommand;
}

/**
 * PostgreSQL refuses to run as root. As anybody else it runs as ourselves; as root, as the system account `postgres`,
 * which is made when it is missing.
 *
 * That account may be unable to walk to our folders (a clone under /root, mode 0700). It then gets one Linux
 * capability, the right to walk through directories, and no other; `no_setuid_fixup` because PostgreSQL asks access(2),
 * which heeds capabilities of a non-root account only with that bit (capabilities(7)).
 * @param folders - what the account must reach: the programs' folder and the data's parent
 * @throws ConsiliumError POSTGRES_ACCOUNT
 */
export async function postgresAccount(folders: readonly string[]): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { command: (file, args) => ({ file, args }) };
  const owner = (await find()) ?? (await create());
  if (await reachable(folders, owner.uid)) return { owner, command: (file, args) => ({ file, args, as: owner }) };
  const only = `-all,+${await walkCapability()}`;
  const rights = ['--securebits=+no_setuid_fixup', `--bounding-set=${only}`, `--inh-caps=${only}`, `--ambient-caps=${only}`];
  const account = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  return { owner, command: (program, args) => ({ file: 'setpriv', args: [...rights, ...account, '--', program, ...args] }) };
}

async function find(): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', ACCOUNT]), run('id', ['-g', ACCOUNT])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<{ uid: number; gid: number }> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT]);
  } catch (cause) {
    // Another coordinator may have made it at the same moment.
    const made = await find();
    if (made) return made;
    throw refuse('The account cannot be created.', cause);
  }
  const made = await find();
  if (!made) throw refuse('The account cannot be created.');
  return made;
}

/** Whether every directory on the way lets others, or the account itself, walk through. */
async function reachable(folders: readonly string[], uid: number): Promise<boolean> {
  for (const folder of folders)
    for (let at = folder; ; at = dirname(at)) {
      const { mode, uid: owner } = await stat(at);
      if ((mode & 0o001) === 0 && !(owner === uid && (mode & 0o100) !== 0)) return false;
      if (dirname(at) === at) break;
    }
  return true;
}

/** The least capability that walks through closed directories and that this process may hand on. */
async function walkCapability(): Promise<string> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const held = BigInt(`0x${/^CapPrm:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  if ((held >> 2n) & 1n) return 'dac_read_search';
  if ((held >> 1n) & 1n) return 'dac_override';
  throw refuse('It cannot reach the state directory or the installation: a directory on the way is closed to others.');
}

function refuse(why: string, cause?: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'POSTGRES_ACCOUNT',
    errorClass: 'failed',
    message: `PostgreSQL does not run as root and needs the account ${ACCOUNT}. ${why}`,
    fix: 'Start the coordinator as another user than root, or set DATABASE_URL to a PostgreSQL of your own.',
    cause,
  });
}
