import { fault, type Fault } from '../budget/fault.js';
import { judge, judgeCreation, type Judge } from '../budget/judge.js';
import type { LedgerState } from '../budget/state.js';
import type { KeyReader } from '../signatures.js';
import { leafHash } from '../tree/hashes.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import type { Entry } from './entry.js';
import { parseLine, type LedgerLine, type LineFault } from './ledger-line.js';

/** What the first entry has where others have the hash of the one before. */
export const NO_PREVIOUS = '0'.repeat(64);

/** A ledger in memory: the tree over its lines and what follows from them. Its owner changes it in place. */
export interface LedgerFold {
  readonly tree: MerkleTree;
  /** Undefined before the first entry. */
  state: LedgerState | undefined;
}

export function emptyFold(): LedgerFold {
  return { tree: new MerkleTree(), state: undefined };
}

/** What the next entry has as `previous`: the leaf hash of the last line, in hex. */
export function previousOf(tree: MerkleTree): string {
  return tree.size === 0 ? NO_PREVIOUS : tree.leaf(tree.size - 1).toString('hex');
}

/** Checks everything about an entry but its signatures and prices. @returns what makes its line part of the fold */
export function follow(fold: LedgerFold, entry: Entry, world: Judge): ((line: Uint8Array) => void) | Fault {
  if (entry.index !== fold.tree.size) return fault('place', `says that it is number ${entry.index}`);
  if (entry.previous !== previousOf(fold.tree)) return fault('chain', 'does not follow from the line before it');
  const { state } = fold;
  if (state === undefined) {
    const created = judgeCreation(entry);
    if ('fault' in created) return created;
    return (line) => {
      fold.state = created;
      fold.tree.append(leafHash(line));
    };
  }
  const apply = judge(state, entry.index, entry, world);
  if (typeof apply !== 'function') return apply;
  return (line) => {
    apply();
    fold.tree.append(leafHash(line));
  };
}

/** The keys that have to have signed an entry, in hex: the ledger's until then, and in a rotation the new one too. */
export function signersOf(key: string | undefined, entry: Entry): readonly string[] {
  return [(entry.kind === 'create' ? entry.key : key) ?? '', ...(entry.kind === 'rotate' ? [entry.key] : [])];
}

/** Whether exactly those keys signed the line. @param signers - from {@link signersOf}, before the entry was applied */
export function isSignedBy(line: LedgerLine, signers: readonly string[], readKey: KeyReader): boolean {
  if (line.signatures.length !== signers.length) return false;
  const signed = line.signed();
  return line.signatures.every((signature, place) => readKey(Buffer.from(signers[place] ?? '', 'hex'))(signed, signature));
}

/** Where reading lines stopped, or that it did not. */
export interface Stop {
  /** From 0. */
  readonly index: number;
  readonly why: LineFault | Fault;
}

/** What else a reader looks at before an entry is added; `state` is undefined for the first one. */
export type Inspect = (entry: Entry, state: LedgerState | undefined) => Fault | undefined;

/**
 * Adds lines to a fold. A signature covers, through `previous`, every line before it, so that the last one under each
 * key is enough; after a fault all are looked at, to name the first bad line.
 * @returns the first bad line, and then the fold is of no use; or undefined
 */
export function foldLines(fold: LedgerFold, lines: readonly Uint8Array[], world: Judge, inspect?: Inspect): Stop | undefined {
  const start = { index: fold.tree.size, key: fold.state?.keys.at(-1) };
  for (const [place, raw] of lines.entries()) {
    const index = fold.tree.size;
    const stop = (why: LineFault | Fault): Stop => firstUnsigned(lines.slice(0, place), start, world.readKey) ?? { index, why };
    const line = parseLine(raw);
    if (typeof line === 'string') return stop(line);
    const apply = follow(fold, line.entry, world);
    if (typeof apply !== 'function') return stop(apply);
    // Where the next line is signed by another key, or there is none, nothing later vouches for this one.
    const last = line.entry.kind === 'rotate' || place === lines.length - 1;
    if (last && !isSignedBy(line, signersOf(fold.state?.keys.at(-1), line.entry), world.readKey)) return stop(UNSIGNED);
    const wrong = inspect?.(line.entry, fold.state);
    if (wrong !== undefined) return stop(wrong);
    apply(raw);
  }
  return undefined;
}

/** A change in a line shows first in the next one, whose `previous` no longer fits: the fault is where the signature fails. */
function firstUnsigned(
  lines: readonly Uint8Array[],
  start: { index: number; key: string | undefined },
  readKey: KeyReader,
): Stop | undefined {
  let { key } = start;
  for (const [place, raw] of lines.entries()) {
    const line = parseLine(raw);
    if (typeof line === 'string' || !isSignedBy(line, signersOf(key, line.entry), readKey))
      return { index: start.index + place, why: UNSIGNED };
    if (line.entry.kind === 'rotate' || line.entry.kind === 'create') ({ key } = line.entry);
  }
  return undefined;
}

const UNSIGNED = fault('signature', 'is not signed by the key of this ledger');
