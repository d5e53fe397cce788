import type { Accountant } from '../accountant.js';
import type { KeysOf } from '../budget/abort-certificate.js';
import type { FaultCode } from '../budget/fault.js';
import { shownBudget, type ShownBudget } from '../budget/shown.js';
import type { Decided, LedgerState } from '../budget/state.js';
import type { EntryKind } from '../entries/entry.js';
import { emptyFold, foldLines, type LedgerFold, type Stop } from '../entries/fold.js';
import { FORM_DETAIL, parseLine, type LineFault } from '../entries/ledger-line.js';
import { splitLines } from '../entries/split-lines.js';
import { cosigners } from '../notes/cosignature.js';
import { isSignedByOwner, ledgerOrigin, tryCheckpoint, type LedgerName } from '../notes/checkpoint.js';
import type { KeyReader } from '../signatures.js';
import { isQuorum, quorumGap } from '../witness/quorums.js';
import { repricing } from './reprice.js';

/** What a verifier brings along: nothing of it comes from the ledger or its site. */
export interface Verification {
  /** From the rosters that the verifier trusts: all keys that a site has had, newest last. */
  readonly keysOf: KeysOf;
  readonly readKey: KeyReader;
  readonly accountant: Accountant;
  /** A checkpoint note from elsewhere: a peer, a printout, the mirror. */
  readonly checkpoint?: string;
}

/** A ledger that holds, and for how much of it one can say so. */
export interface VerifiedLedger {
  readonly ok: true;
  readonly name: LedgerName;
  readonly entries: number;
  /** RFC 6962 root over all lines, 32 bytes. */
  readonly root: Buffer;
  readonly budget: ShownBudget;
  readonly witnesses: readonly string[];
  /** Who decided what, oldest first. Of officers the signature holds under the key that is named; whose key it is, the site says. */
  readonly decisions: readonly Decided[];
  /** Where a checkpoint was given and a quorum cosigned it. `seconds`: Unix time, the earliest of the cosignatures. */
  readonly complete: { readonly size: number; readonly seconds: number; readonly cosigners: readonly string[] } | null;
  /** What may be said, in one sentence. */
  readonly words: string;
}

export interface BadLedger {
  readonly ok: false;
  /** Counted from 1; null where it is the checkpoint that does not hold. */
  readonly line: number | null;
  readonly kind: EntryKind | null;
  readonly why: LineFault | FaultCode | 'torn' | 'empty' | 'key' | 'cut' | 'checkpoint' | 'quorum';
  /** One sentence for a person. */
  readonly detail: string;
}

export type LedgerVerdict = VerifiedLedger | BadLedger;

/**
 * Verifies a ledger file on any machine, offline: form, order, chain, signatures, the rule at every entry, sums to the
 * last digit, prices by recomputation, and against a checkpoint that nothing before it is missing.
 * @param file - the bytes of the JSON Lines file
 */
export function verifyLedger(file: Uint8Array, verification: Verification): LedgerVerdict {
  const { lines, torn } = splitLines(file);
  const fold = emptyFold();
  const stop = foldLines(fold, lines, verification, repricing(verification.accountant));
  if (stop !== undefined) return badLine(lines, stop);
  if (torn.length > 0) return bad(lines.length + 1, 'torn', `Line ${lines.length + 1} is cut off: a line ends in a line feed.`);
  const { state } = fold;
  if (state === undefined) return bad(null, 'empty', 'The file holds no entry.');
  return strangerFault(state, lines, verification) ?? held(fold, state, verification);
}

function held(fold: LedgerFold, state: LedgerState, verification: Verification): LedgerVerdict {
  const complete = verification.checkpoint === undefined ? null : againstCheckpoint(fold, state, verification, verification.checkpoint);
  if (complete !== null && 'ok' in complete) return complete;
  const { size } = fold.tree;
  const words =
    complete === null
      ? `The ${size} entries follow from one another and are signed; without a checkpoint nobody can say that none is missing at the end.`
      : `complete up to size ${complete.size} at time ${new Date(complete.seconds * 1000).toISOString()}; nothing is claimed later`;
  return {
    ok: true,
    name: state.name,
    entries: size,
    root: fold.tree.root(),
    budget: shownBudget(state, verification.accountant),
    witnesses: state.terms.witnesses,
    decisions: state.decisions,
    complete,
    words,
  };
}

/** The last key vouches for the ones before it, which signed its rotations; it has to be the site's. */
function strangerFault(state: LedgerState, lines: readonly Buffer[], { keysOf }: Verification): BadLedger | undefined {
  const known = keysOf(state.name.site).map((key) => Buffer.from(key).toString('hex'));
  const last = state.keys.at(-1) ?? '';
  if (known.includes(last)) return undefined;
  const line = 1 + lines.findLastIndex((raw) => raw.includes(`"key":"${last}"`));
  return bad(line, 'key', `Line ${line} gives the ledger a key that the roster does not know for ${state.name.site}.`);
}

function againstCheckpoint(
  fold: LedgerFold,
  state: LedgerState,
  { keysOf, readKey }: Verification,
  text: string,
): NonNullable<VerifiedLedger['complete']> | BadLedger {
  const note = tryCheckpoint(text);
  if (note === undefined) return bad(null, 'checkpoint', 'The checkpoint is not a note of the form that a ledger has.');
  if (note.origin !== ledgerOrigin(state.name)) return bad(null, 'checkpoint', `The checkpoint is of ${note.origin}, not of this ledger.`);
  const keys = [...keysOf(state.name.site), ...state.keys.map((key) => Buffer.from(key, 'hex'))];
  if (!isSignedByOwner(note, keys, readKey)) return bad(null, 'checkpoint', "The checkpoint is not signed by the ledger's site.");
  const { size } = fold.tree;
  if (note.size > size)
    return bad(size + 1, 'cut', `The file ends after ${size} entries; the checkpoint is of ${note.size}: entries are missing at the end.`);
  if (!fold.tree.root(note.size).equals(note.root))
    return bad(null, 'checkpoint', `The first ${note.size} entries are not those of the checkpoint: the site signed two histories.`);
  const signed = cosigners(
    note,
    state.name.consortium,
    state.terms.witnesses.map((site) => ({ site, keys: keysOf(site) })),
    readKey,
  );
  if (!isQuorum(state.terms, note.size, signed)) {
    const { missing, needed } = quorumGap(state.terms, note.size, (site) => signed.some((one) => one.site === site));
    return bad(null, 'quorum', `${needed} more of ${missing.join(', ')} would have to have cosigned the checkpoint.`);
  }
  return { size: note.size, seconds: Math.min(...signed.map(({ seconds }) => seconds)), cosigners: signed.map(({ site }) => site) };
}

function badLine(lines: readonly Buffer[], { index, why }: Stop): BadLedger {
  const parsed = parseLine(lines[index] ?? Buffer.alloc(0));
  const kind = typeof parsed === 'string' ? null : parsed.entry.kind;
  const detail = typeof why === 'string' ? FORM_DETAIL[why] : why.detail;
  return { ok: false, line: index + 1, kind, why: typeof why === 'string' ? why : why.fault, detail: `Line ${index + 1} ${detail}.` };
}

function bad(line: number | null, why: BadLedger['why'], detail: string): BadLedger {
  return { ok: false, line, kind: null, why, detail };
}
