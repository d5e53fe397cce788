import type { PopulationName } from '@consilium/protocol';
import type { LedgerState } from '../budget/state.js';
import type { Judge } from '../budget/judge.js';
import { emptyFold, foldLines } from '../entries/fold.js';
import { splitLines } from '../entries/split-lines.js';
import type { LedgerFiles } from './ledger-files.js';
import type { LedgerPlace } from './ledger-place.js';
import { invalidLedger } from './refusals.js';

/** A ledger as a reader sees it: no lock, no change, while another process may write. */
export interface ReadLedger {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
  readonly state: LedgerState;
  readonly lines: readonly Uint8Array[];
  /** The last published note as it stands beside the file, or undefined. */
  readonly checkpoint: string | undefined;
}

/**
 * Reads for `consilium-site ledger show` and `head`: a last line that is being written is left out.
 * @returns undefined where there is no ledger
 * @throws ConsiliumError LEDGER_INVALID
 */
export async function readLedger(
  files: LedgerFiles,
  place: LedgerPlace,
  population: PopulationName,
  world: Judge,
): Promise<ReadLedger | undefined> {
  const bytes = await files.read(place.lines);
  const { lines } = splitLines(bytes ?? new Uint8Array());
  const fold = emptyFold();
  const stop = foldLines(fold, lines, world);
  if (stop !== undefined) throw invalidLedger(population, stop);
  if (fold.state === undefined) return undefined;
  const note = await files.read(place.checkpoint);
  const checkpoint = note && Buffer.from(note).toString('utf8');
  return { size: fold.tree.size, root: fold.tree.root(), state: fold.state, lines, checkpoint };
}
