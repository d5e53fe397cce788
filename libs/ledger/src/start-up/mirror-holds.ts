import { isSignedBy, previousOf } from '../entries/fold.js';
import { parseLine } from '../entries/ledger-line.js';
import type { KeyReader } from '../signatures.js';
import type { OwnLedger, StartUp } from './start-up.js';

/**
 * What the mirror's lines beyond the own file prove. Spends are on disk before they are cosigned, so the mirror can
 * know of one that no witness has seen. It cannot make one up: only lines that this site signed count.
 * @param mirrored - lines from `own.tree.size` on
 */
export function mirrorHolds(
  own: OwnLedger,
  mirrored: readonly Uint8Array[],
  ownKeys: readonly Uint8Array[],
  readKey: KeyReader,
): Extract<StartUp, { kind: 'rolled-back' | 'forked' }> | undefined {
  const [first] = mirrored;
  const { size } = own.tree;
  const line = first === undefined ? 'form' : parseLine(first);
  if (typeof line === 'string' || line.entry.index !== size) return undefined;
  // A rotation has a second signature; that of the key until then is the one that counts.
  const one = { ...line, signatures: line.signatures.slice(0, 1) };
  if (!ownKeys.some((key) => isSignedBy(one, [Buffer.from(key).toString('hex')], readKey))) return undefined;
  return line.entry.previous === previousOf(own.tree)
    ? { kind: 'rolled-back', size, known: size + mirrored.length, note: '', from: 'mirror' }
    : { kind: 'forked', size, notes: [Buffer.from(first ?? []).toString('utf8'), own.published ?? ''], from: 'mirror' };
}
