import { cosign, withSignatures, witnessName } from '../notes/cosignature.js';
import { parseCheckpoint, type CheckpointNote } from '../notes/checkpoint.js';
import { parseSignatureLine } from '../notes/signed-note.js';
import type { KeyReader, Signer } from '../signatures.js';
import { oneAtATime } from '../store/one-at-a-time.js';
import { decideCosignature, type CosignRequest, type Decision } from './decide.js';
import { signLastSeen, type LastSeenAnswer, type LastSeenQuestion } from './last-seen.js';
import type { WitnessStore } from './witness-store.js';

/** What goes back to the site that asked. */
export type CosignAnswer =
  | { readonly kind: 'cosigned'; readonly line: string }
  | { readonly kind: 'conflict'; readonly size: number; readonly held: string | null }
  | { readonly kind: 'refused'; readonly why: Extract<Decision, { kind: 'refuse' }>['why'] };

export interface WitnessSetup {
  readonly consortium: string;
  /** The site that witnesses. */
  readonly site: string;
  readonly signer: Signer;
  /** The keys of an origin's owner; none for an origin of another consortium, of a stranger, or of this site itself. */
  readonly keysOf: (origin: string) => readonly Uint8Array[];
  readonly readKey: KeyReader;
  readonly store: WitnessStore;
  /** Milliseconds; informs. */
  readonly now: () => number;
}

/** A site's part as witness of the other sites' ledgers. */
export interface Witness {
  /** Cosigns or not. What it cosigned is on disk before the answer exists. */
  cosign(request: CosignRequest): Promise<CosignAnswer>;
  /** What it last cosigned of an origin, signed over the question. */
  lastSeen(question: LastSeenQuestion): Promise<LastSeenAnswer>;
}

/** One for each site and process: requests are taken one after the other, so that none overtakes the record. */
export function openWitness(setup: WitnessSetup): Witness {
  const { consortium, site, signer, store } = setup;
  const inTurn = oneAtATime();
  const name = witnessName(consortium, site);

  const cosignNow = async (request: CosignRequest): Promise<CosignAnswer> => {
    const held = await heldFor(request, store);
    const decision = decideCosignature(request, () => held, setup.keysOf, setup.readKey);
    if (decision.kind !== 'cosign') {
      if (decision.evidence !== undefined && held !== undefined) await store.keepEvidence(held.origin, decision.evidence);
      return decision.kind === 'conflict'
        ? { kind: 'conflict', size: decision.size, held: decision.held }
        : { kind: 'refused', why: decision.why };
    }
    const { checkpoint } = decision;
    const line = cosign(checkpoint.note.body, name, signer, Math.floor(setup.now() / 1000));
    await store.keep(checkpoint.origin, withSignatures(checkpoint, [parseSignatureLine(line)]));
    return { kind: 'cosigned', line };
  };

  return {
    cosign: (request) => inTurn(() => cosignNow(request)),
    lastSeen: (question) => inTurn(async () => signLastSeen(question, site, (await store.last(question.origin)) ?? null, signer)),
  };
}

/** What this witness holds of the origin that the request is about. */
async function heldFor(request: CosignRequest, store: WitnessStore): Promise<CheckpointNote | undefined> {
  const origin = request.checkpoint.slice(0, request.checkpoint.indexOf('\n'));
  const note = await store.last(origin);
  return note === undefined ? undefined : parseCheckpoint(note);
}
