import { cosigners, withSignatures } from '../notes/cosignature.js';
import { isSignedByOwner, ledgerOrigin, parseCheckpoint, signCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import type { LedgerFold } from '../entries/fold.js';
import type { Signer } from '../signatures.js';
import { firstRules, isQuorum, type WitnessRules } from '../witness/quorums.js';
import { collectCosignatures } from './collect-cosignatures.js';
import type { LedgerSetup } from './ledger-setup.js';
import { oneAtATime } from './one-at-a-time.js';
import { contradicted, mirrorMissing, notIntroduced, witnessesMissing } from './refusals.js';

/** Bytes of lines in one call to the mirror; a single line is never larger than a message may be. */
const PIECE_BYTES = 2 ** 20;

/** Brings entries that are on disk to the witnesses and the mirror. */
export interface Publisher {
  /** What was last published, or undefined. */
  readonly published: CheckpointNote | undefined;
  /**
   * Publishes everything that is on disk now: cosigned by the quorum, then mirrored, then noted beside the file.
   * @throws ConsiliumError WITNESS_QUORUM, LEDGER_MIRROR (try again later), LEDGER_ROLLED_BACK (never again)
   */
  publish(signer: Signer): Promise<CheckpointNote>;
  /**
   * Lets sites that are to become witnesses cosign what is on disk now, every one of them.
   * @throws ConsiliumError WITNESS_QUORUM, LEDGER_ROLLED_BACK
   */
  introduce(sites: readonly string[], signer: Signer): Promise<void>;
}

/**
 * @param lines - the ledger's lines, growing with its tree
 * @param known - what each witness cosigned last, as far as the site knows
 * @param stop - called when a witness holds what the tree does not contain
 */
export function publisher(
  setup: LedgerSetup,
  fold: LedgerFold,
  lines: readonly Uint8Array[],
  before: CheckpointNote | undefined,
  known: Map<string, number>,
  stop: (error: Error) => void,
): Publisher {
  const inTurn = oneAtATime();
  let published = before;
  let mirrored = before?.size ?? 0;

  /** In pieces that fit a message: a mirror that was lost gets everything again, under checkpoints that only the owner signs. */
  const mirror = async ({ size, origin, text }: CheckpointNote, signer: Signer): Promise<void> => {
    let behind = false;
    do {
      const end = endOfPiece(lines, mirrored, size);
      const checkpoint = end === size ? text : signCheckpoint({ origin, size: end, root: fold.tree.root(end) }, signer);
      const held = await setup.mirrorLink
        .store({ origin, from: mirrored, lines: lines.slice(mirrored, end), checkpoint }, AbortSignal.timeout(setup.timeoutMs))
        .catch((error: unknown) => {
          throw mirrorMissing(setup.name.population, error);
        });
      // A mirror that was restored from a backup says how far it reaches; one that says so twice does not work.
      if (held < end && behind) throw mirrorMissing(setup.name.population, undefined);
      behind ||= held < end;
      mirrored = Math.min(held, end);
    } while (mirrored < size);
  };

  const collect = (checkpoint: CheckpointNote, rules: WitnessRules) => {
    const { keysOf, readKey, witnessLink: link, timeoutMs } = setup;
    const { consortium } = setup.name;
    return collectCosignatures({ consortium, checkpoint, tree: fold.tree, rules, keysOf, readKey, link, known, timeoutMs });
  };
  const stopped = (site: string, size: number): Error => {
    const error = contradicted(setup.name.population, site, size);
    stop(error);
    return error;
  };

  const cosigned = async (checkpoint: CheckpointNote, signer: Signer): Promise<CheckpointNote> => {
    const collected = await collect(checkpoint, fold.state?.terms ?? firstRules(setup.witnesses));
    if (collected.kind === 'quorum') return parseCheckpoint(withSignatures(checkpoint, collected.lines));
    if (collected.kind === 'contradicted') throw stopped(collected.site, collected.known);
    // Not usable, but no longer only here: a spend that no witness has seen is found again after a restore.
    await mirror(checkpoint, signer).catch(() => undefined);
    throw witnessesMissing(setup.name.population, collected.missing, collected.needed);
  };

  const whole = (signer: Signer): CheckpointNote => {
    const { size } = fold.tree;
    return parseCheckpoint(signCheckpoint({ origin: ledgerOrigin(setup.name), size, root: fold.tree.root(size) }, signer));
  };

  const publishNow = async (signer: Signer): Promise<CheckpointNote> => {
    const { size } = fold.tree;
    if (published !== undefined && published.size >= size) return published;
    const checkpoint = await cosigned(whole(signer), signer);
    await mirror(checkpoint, signer);
    await setup.files.replace(setup.place.checkpoint, Buffer.from(checkpoint.text, 'utf8'));
    published = checkpoint;
    return checkpoint;
  };

  return {
    get published() {
      return published;
    },
    publish: (signer) => inTurn(() => publishNow(signer)),
    introduce: (sites, signer) =>
      inTurn(async () => {
        const rules = { witnesses: sites, quorums: [{ from: 0, of: sites.length, quorum: sites.length }] };
        const collected = await collect(whole(signer), rules);
        if (collected.kind === 'contradicted') throw stopped(collected.site, collected.known);
        if (collected.kind === 'missing') throw notIntroduced(setup.name.population, collected.missing);
      }),
  };
}

/** The note beside the file, if the quorum cosigned it; a note that cannot be read is as good as none. */
export function readPublished(text: string, setup: LedgerSetup, fold: LedgerFold): CheckpointNote | undefined {
  const rules = fold.state?.terms;
  try {
    const note = parseCheckpoint(text);
    if (note.origin !== ledgerOrigin(setup.name) || !isSignedByOwner(note, setup.keysOf(setup.name.site), setup.readKey)) return undefined;
    const witnesses = (rules?.witnesses ?? setup.witnesses).map((site) => ({ site, keys: setup.keysOf(site) }));
    const cosigned = cosigners(note, setup.name.consortium, witnesses, setup.readKey);
    const enough = rules === undefined ? cosigned.length > 0 : isQuorum(rules, note.size, cosigned);
    return enough ? note : undefined;
  } catch {
    return undefined;
  }
}

function endOfPiece(lines: readonly Uint8Array[], from: number, size: number): number {
  let bytes = 0;
  for (let index = from; index < size; index += 1) {
    bytes += lines[index]?.length ?? 0;
    if (bytes > PIECE_BYTES && index > from) return index;
  }
  return size;
}
