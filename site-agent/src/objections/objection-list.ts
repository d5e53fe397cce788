import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellText } from '@consilium/cohort';
import { ConsiliumError } from '@consilium/protocol';
import { checkPrivate, makePrivateDirectory, writePrivateFile, type SiteState, type StateLayout } from '../state/index.js';
import { hashWith, type Objections } from './objection-test.js';

const KEY_BYTES = 32;
/** First line of a file: what it is, and in which version. */
const headOf = (hashes: readonly string[]): string => `consilium-objections-1 ${hashes.length}`;
const HASH = /^[0-9a-f]{64}$/;

/** What a change of the list did; counts only. */
export interface ObjectionChange {
  readonly changed: number;
  readonly unchanged: number;
  /** Patients on the list now. */
  readonly count: number;
}

const listFile = (layout: StateLayout, population: string): string => join(layout.objections, `${population}.list`);
const keyFile = (layout: StateLayout, population: string): string => join(layout.keys, `objections-${population}.key`);

/**
 * Who objects in a population now; nothing where nobody does.
 * @param population - a name of `site.yaml`: letters, digits and hyphens
 * @throws ConsiliumError FILE_MODE, OBJECTIONS_UNREADABLE: a list that cannot be read is never taken for an empty one
 */
export function readObjections(layout: StateLayout, population: string): Objections | undefined {
  const hashes = readHashes(layout, population);
  if (hashes.length === 0) return undefined;
  const key = readKey(layout, population);
  return { key, hashes, version: createHash('sha256').update(hashes.join('\n')).digest('hex') };
}

/** How many patients are on the list. @throws as {@link readObjections} */
export function countObjections(layout: StateLayout, population: string): number {
  return readHashes(layout, population).length;
}

/** Adds patients; durable when it returns, and honoured from the next step on. @throws as {@link readObjections} */
export function addObjections(state: SiteState, population: string, identifiers: readonly string[]): ObjectionChange {
  return change(state, population, identifiers, (listed, hash) => (listed.has(hash) ? false : (listed.add(hash), true)));
}

/** Takes patients from the list who object no longer. @throws as {@link readObjections} */
export function removeObjections(state: SiteState, population: string, identifiers: readonly string[]): ObjectionChange {
  return change(state, population, identifiers, (listed, hash) => listed.delete(hash));
}

/** One change at a time, whatever else runs on this state. */
function change(
  { layout, transaction }: SiteState,
  population: string,
  identifiers: readonly string[],
  apply: (listed: Set<string>, hash: string) => boolean,
): ObjectionChange {
  return transaction(() => {
    const listed = new Set(readHashes(layout, population));
    const hash = hashWith(requireKey(layout, population));
    const hashes = new Set(identifiers.map((identifier) => hash(cellText(identifier))));
    const changed = [...hashes].filter((one) => apply(listed, one)).length;
    writeHashes(layout, population, [...listed].sort());
    return { changed, unchanged: hashes.size - changed, count: listed.size };
  });
}

/** Drawn when the first patient objects. The empty list comes before it, so that a key without a list is never a beginning. */
function requireKey(layout: StateLayout, population: string): Buffer {
  const path = keyFile(layout, population);
  if (!existsSync(path)) {
    if (readHashes(layout, population).length > 0) throw unreadable();
    writeHashes(layout, population, []);
    writePrivateFile(path, randomBytes(KEY_BYTES));
  }
  return readKey(layout, population);
}

function readKey(layout: StateLayout, population: string): Buffer {
  const path = keyFile(layout, population);
  if (!existsSync(path)) throw unreadable();
  checkPrivate(path, 'file', { allowGroupRead: false });
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) throw unreadable();
  return key;
}

/** A head with the number of hashes, then one a line: a file that lost its end does not pass for a shorter list. */
function readHashes(layout: StateLayout, population: string): readonly string[] {
  const path = listFile(layout, population);
  if (!existsSync(path)) {
    if (existsSync(keyFile(layout, population))) throw unreadable();
    return [];
  }
  checkPrivate(path, 'file', { allowGroupRead: false });
  const [head, ...lines] = readFileSync(path, 'utf8').split('\n');
  const hashes = lines.slice(0, -1);
  if (lines.at(-1) !== '' || head !== headOf(hashes) || !hashes.every((hash) => HASH.test(hash))) throw unreadable();
  return hashes;
}

function writeHashes(layout: StateLayout, population: string, hashes: readonly string[]): void {
  makePrivateDirectory(layout.objections);
  writePrivateFile(listFile(layout, population), `${[headOf(hashes), ...hashes].join('\n')}\n`);
}

const unreadable = (): ConsiliumError =>
  new ConsiliumError({
    code: 'OBJECTIONS_UNREADABLE',
    errorClass: 'failed',
    message: 'The list of patients who object is damaged, or its key is gone; without it no step is taken.',
    fix: 'Restore the directories objections and keys of the state from a backup.',
  });
