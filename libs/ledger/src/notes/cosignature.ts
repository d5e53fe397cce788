import type { KeyReader, Signer } from '../signatures.js';
import type { CheckpointNote } from './checkpoint.js';
import { COSIGNATURE_V1, formatNote, keyId, signatureLine, type NoteSignature } from './signed-note.js';

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
const LATEST_SECONDS = 2n ** 53n - 1n;

/** The name under which a site cosigns: the same in all ledgers of the consortium. */
export function witnessName(consortium: string, site: string): string {
  return `${consortium}/${site}`;
}

/** C2SP tlog-cosignature, version 1: a header, the time in seconds, and the whole body of the checkpoint. */
function cosignedBytes(body: string, seconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${body}`, 'utf8');
}

/**
 * A witness's line for a checkpoint. Says: of this origin it has seen nothing larger, and nothing that contradicts.
 * @param seconds - Unix time; informs, decides nothing
 */
export function cosign(body: string, name: string, signer: Signer, seconds: number): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = signer.sign(cosignedBytes(body, BigInt(seconds)));
  return signatureLine({ name, keyId: keyId(name, COSIGNATURE_V1, signer.publicKey), signature: Buffer.concat([time, signature]) });
}

/**
 * Whether one line is a witness's cosignature under a checkpoint.
 * @returns its time in Unix seconds, or undefined where the name, key, form or signature is another
 */
export function cosignedAt(body: string, line: NoteSignature, name: string, publicKey: Uint8Array, readKey: KeyReader): number | undefined {
  if (line.name !== name || line.signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  if (!line.keyId.equals(keyId(name, COSIGNATURE_V1, publicKey))) return undefined;
  const seconds = line.signature.readBigUInt64BE(0);
  if (seconds > LATEST_SECONDS) return undefined;
  const holds = readKey(publicKey)(cosignedBytes(body, seconds), line.signature.subarray(TIME_BYTES));
  return holds ? Number(seconds) : undefined;
}

/** A witness, and the keys it may have signed with: those the roster has given it, newest last. */
export interface WitnessKeys {
  readonly site: string;
  readonly keys: readonly Uint8Array[];
}

/** A cosignature that holds. */
export interface Cosigned {
  readonly site: string;
  /** Unix time in seconds. */
  readonly seconds: number;
}

/** Which of the witnesses have cosigned a checkpoint, each once. Lines of others are ignored, as C2SP signed-note asks. */
export function cosigners(
  checkpoint: CheckpointNote,
  consortium: string,
  witnesses: readonly WitnessKeys[],
  readKey: KeyReader,
): readonly Cosigned[] {
  const { body, signatures } = checkpoint.note;
  return witnesses.flatMap(({ site, keys }) => {
    const name = witnessName(consortium, site);
    for (const line of signatures)
      for (const key of keys) {
        const seconds = cosignedAt(body, line, name, key, readKey);
        if (seconds !== undefined) return [{ site, seconds }];
      }
    return [];
  });
}

/** The checkpoint's text with more lines under it. */
export function withSignatures(checkpoint: CheckpointNote, lines: readonly NoteSignature[]): string {
  return formatNote({ body: checkpoint.note.body, signatures: [...checkpoint.note.signatures, ...lines] });
}
