import { cosignedAt, witnessName } from '../notes/cosignature.js';
import { isSignedByOwner, parseCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import { parseSignatureLine, type NoteSignature } from '../notes/signed-note.js';
import type { KeyReader } from '../signatures.js';
import type { MerkleTree } from '../tree/merkle-tree.js';
import type { CosignAnswer } from '../witness/witness.js';
import { quorumGap, type WitnessRules } from '../witness/quorums.js';
import type { WitnessLink } from './links.js';

export interface CosignRound {
  readonly consortium: string;
  /** Signed by the owner, over the whole tree. */
  readonly checkpoint: CheckpointNote;
  readonly tree: MerkleTree;
  readonly rules: WitnessRules;
  readonly keysOf: (site: string) => readonly Uint8Array[];
  readonly readKey: KeyReader;
  readonly link: WitnessLink;
  /** What each witness is known to have cosigned last; kept up to date here. */
  readonly known: Map<string, number>;
  readonly timeoutMs: number;
}

export type Collected =
  | { readonly kind: 'quorum'; readonly lines: readonly NoteSignature[] }
  | { readonly kind: 'missing'; readonly missing: readonly string[]; readonly needed: number }
  /** A witness holds a note of this site's that the tree does not contain. */
  | { readonly kind: 'contradicted'; readonly site: string; readonly known: number };

/** Asks all witnesses at once and returns when the quorum is in; those that are late are not waited for. */
export async function collectCosignatures(round: CosignRound): Promise<Collected> {
  const lines = new Map<string, NoteSignature>();
  const signal = AbortSignal.timeout(round.timeoutMs);
  const { promise, resolve } = Promise.withResolvers<Collected>();
  const gap = () => quorumGap(round.rules, round.checkpoint.size, (site) => lines.has(site));
  const timeUp = () => resolve({ kind: 'missing', ...gap() });
  signal.addEventListener('abort', timeUp, { once: true });

  const ask = async (site: string): Promise<void> => {
    const answer = await askOnce(round, site, signal).catch(() => undefined);
    if (answer === undefined) return;
    if ('known' in answer) return resolve({ kind: 'contradicted', site, known: answer.known });
    lines.set(site, answer.line);
    if (gap().needed === 0) resolve({ kind: 'quorum', lines: [...lines.values()] });
  };
  void Promise.all(round.rules.witnesses.map(ask)).then(timeUp);
  const collected = await promise;
  signal.removeEventListener('abort', timeUp);
  return collected;
}

type Outcome = { readonly line: NoteSignature } | { readonly known: number } | undefined;

/** Asks a witness from what it is known to hold; where that is wrong, once more from what it says it holds. */
async function askOnce(round: CosignRound, site: string, signal: AbortSignal): Promise<Outcome> {
  const { link, known, checkpoint } = round;
  const first = await link.cosign(site, requestFrom(round, known.get(site) ?? 0), signal);
  if (first.kind !== 'conflict') return outcome(round, site, first);
  const held = heldByOwner(round, first.held);
  if (first.held !== null && held === undefined) return undefined; // Not a note of ours: the witness is wrong, not we.
  const size = held?.size ?? 0;
  if (size > checkpoint.size || (held !== undefined && !round.tree.root(size).equals(held.root))) return { known: size };
  known.set(site, size);
  return outcome(round, site, await link.cosign(site, requestFrom(round, size), signal));
}

function requestFrom({ checkpoint, tree }: CosignRound, from: number) {
  return { checkpoint: checkpoint.text, from, proof: tree.consistencyProof(from, checkpoint.size) };
}

function outcome({ checkpoint, consortium, keysOf, readKey, known }: CosignRound, site: string, answer: CosignAnswer): Outcome {
  if (answer.kind !== 'cosigned') return undefined;
  const line = parseSignatureLine(answer.line);
  const name = witnessName(consortium, site);
  if (!keysOf(site).some((key) => cosignedAt(checkpoint.note.body, line, name, key, readKey) !== undefined)) return undefined;
  known.set(site, checkpoint.size);
  return { line };
}

function heldByOwner({ checkpoint, readKey, keysOf }: CosignRound, held: string | null): CheckpointNote | undefined {
  if (held === null) return undefined;
  const note = parseCheckpoint(held);
  const [, owner = ''] = note.origin.split('/');
  return note.origin === checkpoint.origin && isSignedByOwner(note, keysOf(owner), readKey) ? note : undefined;
}
