import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { makePrivateDirectory, writePrivateFile } from '../state/index.js';

const STUDY_KEY_BYTES = 32;

/** The secrets of one key epoch of a study: who holds them can open its sums. */
export interface EpochKeys {
  /** 32 bytes. */
  readonly studyKey: Uint8Array;
  /** As `generateBfvKey` made it. */
  readonly bfvKey: Uint8Array;
}

/** What is sealed and what lies in the file: the study key, then the BFV key. */
export function packKeys({ studyKey, bfvKey }: EpochKeys): Buffer {
  return Buffer.concat([studyKey, bfvKey]);
}

/** @throws ConsiliumError KEYS_MALFORMED */
export function unpackKeys(bytes: Uint8Array): EpochKeys {
  if (bytes.length <= STUDY_KEY_BYTES)
    throw new ConsiliumError({
      code: 'KEYS_MALFORMED',
      errorClass: 'verification',
      message: 'The keys of a key epoch are too short.',
      fix: 'The coordinator starts a new key epoch.',
    });
  return { studyKey: bytes.subarray(0, STUDY_KEY_BYTES), bfvKey: bytes.subarray(STUDY_KEY_BYTES) };
}

/** SHA-256 of the BFV key, 32 bytes. */
export function bfvKeyDigest({ bfvKey }: EpochKeys): Buffer {
  return createHash('sha256').update(bfvKey).digest();
}

const keysFolder = (folder: string) => join(folder, 'keys');
const keysFile = (folder: string, epoch: number) => join(keysFolder(folder), `epoch-${epoch}`);

/** Keeps the keys of an epoch (0600, fsynced): before they are sealed to anybody, and before `have` is said. */
export function saveKeys(folder: string, epoch: number, keys: EpochKeys): void {
  makePrivateDirectory(keysFolder(folder));
  writePrivateFile(keysFile(folder, epoch), packKeys(keys));
}

/** @returns undefined where this site does not hold the keys of that epoch */
export function findKeys(folder: string, epoch: number): EpochKeys | undefined {
  const path = keysFile(folder, epoch);
  return existsSync(path) ? unpackKeys(readFileSync(path)) : undefined;
}

/** The newest epoch whose keys this site holds. */
export function latestEpoch(folder: string): number | undefined {
  if (!existsSync(keysFolder(folder))) return undefined;
  const epochs = readdirSync(keysFolder(folder)).flatMap((name) => /^epoch-(\d+)$/.exec(name)?.[1] ?? []);
  return epochs.length === 0 ? undefined : Math.max(...epochs.map(Number));
}

/** The study is over: nothing of it can be opened at this site any more. */
export function deleteKeys(folder: string): void {
  rmSync(keysFolder(folder), { recursive: true, force: true });
}
