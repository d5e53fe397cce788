import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';

const octal = (mode: number) => `0${(mode & 0o777).toString(8)}`;

/** What the state directory and the keys may look like. */
export interface ModeRules {
  /** Lets the group read key files (0640, 0750): for orchestrators whose mounts set the mode. Never wider. */
  readonly allowGroupRead: boolean;
}

/** Creates a directory 0700, parents included, whatever the umask. An existing one keeps its mode. */
export function makePrivateDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first !== undefined) chmodSync(path, 0o700);
}

/** Creates an empty file 0600 if there is none, whatever the umask. */
export function makePrivateFile(path: string): void {
  if (existsSync(path)) return;
  const file = openSync(path, 'a', 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** Writes a file 0600 whole or not at all: a neighbour first, fsync, then rename and fsync of the directory. */
export function writePrivateFile(path: string, bytes: Uint8Array | string): void {
  const neighbour = `${path}.new`;
  rmSync(neighbour, { force: true });
  const file = openSync(neighbour, 'wx', 0o600);
  try {
    try {
      fchmodSync(file, 0o600);
      const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
      for (let written = 0; written < data.length;) written += writeSync(file, data, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(neighbour, path);
  } catch (error) {
    // A full disk gets back what it was given, and keeps no half of a file (field case OPS-3).
    rmSync(neighbour, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** A new name, a rename or a deletion is durable only when its directory is. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/**
 * Checks that nobody but this user can read a private directory or file (field case OPS-2).
 * @throws ConsiliumError FILE_MODE (exit 2) with the path, the mode found, the mode needed and the command that repairs it
 */
export function checkPrivate(path: string, kind: 'directory' | 'file', rules: ModeRules, user = process.getuid?.()): void {
  const found: Stats = lstatSync(path);
  const needed = kind === 'directory' ? 0o700 : 0o600;
  const allowed = rules.allowGroupRead ? needed | (kind === 'directory' ? 0o050 : 0o040) : needed;
  const refuse = (what: string, fix: string) =>
    new ConsiliumError({ code: 'FILE_MODE', errorClass: 'usage', message: `${path} ${what}`, fix });
  const right = kind === 'directory' ? found.isDirectory() : found.isFile();
  if (!right) throw refuse(`is not a plain ${kind} (a symbolic link is not followed).`, `Put the ${kind} itself there.`);
  if (user !== undefined && found.uid !== user)
    throw refuse(`belongs to user id ${found.uid}; the agent runs as ${user}.`, `Run: chown ${user} '${path}'`);
  if ((found.mode & 0o777 & ~allowed) !== 0)
    throw refuse(
      `has mode ${octal(found.mode)}; ${octal(needed)} is needed${rules.allowGroupRead ? ` (or ${octal(allowed)})` : ''}.`,
      `Run: chmod ${octal(needed)} '${path}'`,
    );
}
