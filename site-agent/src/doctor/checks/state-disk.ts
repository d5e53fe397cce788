import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, warn, type Check, type Found } from '../finding.js';

/** statfs(2): file systems over a network, where SQLite's locks and fsync are not to be relied on. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

const MIB = 2 ** 20;
const LEAST = 256 * MIB;
const COMFORTABLE = 1024 * MIB;
/** Above this a ledger line is felt in every round. */
const SLOW_MS = 100;

/** What the state directory's disk says; a seam for tests. */
export interface DiskFacts {
  readonly type: number;
  readonly freeBytes: number;
  /** One write of 4 KiB and its fsync. */
  readonly syncMs: number;
}

export function stateDiskChecks(directory: string, facts: (directory: string) => DiskFacts = measureDisk): readonly Check[] {
  return [{ name: 'disk', group: 'site', look: () => judgeDisk(directory, facts(directory)) }];
}

/** @throws the system's error, ENOSPC among them */
export function measureDisk(directory: string): DiskFacts {
  const { type, bavail, bsize } = statfsSync(directory);
  const path = join(directory, `.doctor-${process.pid}`);
  const began = performance.now();
  const file = openSync(path, 'w', 0o600);
  try {
    writeSync(file, randomBytes(4096));
    fsyncSync(file);
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
  return { type: type >>> 0, freeBytes: bavail * bsize, syncMs: performance.now() - began };
}

export function judgeDisk(directory: string, { type, freeBytes, syncMs }: DiskFacts): Found {
  const network = NETWORK_TYPES.get(type);
  const free = `${Math.floor(freeBytes / MIB)} MiB free`;
  if (network !== undefined)
    return fail(
      'STATE_ON_NETWORK',
      `${directory} lies on ${network}: its locks and its fsync cannot be relied on`,
      'Put "state" of site.yaml on a local disk.',
      'site IT',
    );
  if (freeBytes < LEAST)
    return fail('DISK_FULL', `${free} under ${directory}`, `Free space: at least ${LEAST / MIB} MiB are needed.`, 'site IT');
  const sync = `fsync in ${syncMs.toFixed(1)} ms`;
  if (freeBytes < COMFORTABLE) return warn('DISK_LOW', `${free}, ${sync}`, 'Free space before a large model is trained.', 'site IT');
  if (syncMs > SLOW_MS)
    return warn(
      'DISK_SLOW',
      `${free}, ${sync}`,
      'Put the state on a faster local disk; each round waits for several such writes.',
      'site IT',
    );
  return ok(`${free}, ${sync}`);
}
