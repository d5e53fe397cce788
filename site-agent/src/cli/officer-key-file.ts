import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { createOfficerKey, parseOfficerKey } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { checkPrivate } from '../state/index.js';
import type { CliIo } from './cli-io.js';
import { readInput } from './read-input.js';

/** A pair that was made, where its halves lie, and the words to compare them by. */
export interface OfficerKeyFiles {
  readonly privateFile: string;
  readonly publicFile: string;
  readonly words: string;
}

/** An officer's key is one line. */
const LARGEST = 1_024;

/**
 * Makes a pair of keys: FILE (0600), and beside it the public half, whose name ends in `.pub` in place of `.key`.
 * @throws ConsiliumError KEY_EXISTS; no file is ever replaced
 */
export async function makeOfficerKey(path: string): Promise<OfficerKeyFiles> {
  const publicFile = `${path.replace(/\.key$/, '')}.pub`;
  const { privateKey, publicKey, words } = await createOfficerKey();
  writeNew(path, privateKey, 0o600);
  try {
    writeNew(publicFile, publicKey, 0o644);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return { privateFile: path, publicFile, words };
}

function writeNew(path: string, text: string, mode: number): void {
  let file: number;
  try {
    file = openSync(path, 'wx', mode);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    throw new ConsiliumError({
      code: 'KEY_EXISTS',
      errorClass: 'usage',
      message: `${path} exists; keys are never overwritten.`,
      fix: 'Name another file, or move that one away first.',
      cause,
    });
  }
  try {
    fchmodSync(file, mode);
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The key given with `--key`: a file that nobody else can read, or `-` for standard input.
 * @throws ConsiliumError FILE_MODE, OFFICER_KEY_INVALID, OFFICER_KEY_MISSING
 */
export async function readOfficerKey(io: CliIo, given: string | undefined): Promise<KeyObject | undefined> {
  if (given === undefined) return undefined;
  if (given === '-') return parseOfficerKey((await readInput(io, LARGEST)).toString('utf8'));
  const path = resolve(io.cwd, given);
  try {
    checkPrivate(path, 'file', { allowGroupRead: false });
    return parseOfficerKey(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof ConsiliumError) throw cause;
    throw new ConsiliumError({
      code: 'OFFICER_KEY_MISSING',
      errorClass: 'usage',
      message: 'The file given with --key cannot be read.',
      fix: 'Name the private key that consilium-site officer key new has made, or give it on standard input with --key -.',
      cause,
    });
  }
}
