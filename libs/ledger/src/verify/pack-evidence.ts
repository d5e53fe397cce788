import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { canonicalJson } from '@consilium/protocol';
import { z } from 'zod';
import type { ReserveEvidence } from '../store/reservation.js';

/** Evidence of 372 witnesses is 60 kB before it is packed. */
const LARGEST = 2 ** 18;

const Packed = z.strictObject({
  checkpoint: z.string(),
  entries: z
    .array(z.strictObject({ index: z.int().min(0), line: z.string(), inclusion: z.array(z.base64()).max(64) }))
    .min(1)
    .max(128),
});

/** Evidence as it travels: canonical JSON (lines as text, hashes in base64), raw DEFLATE, because cosignatures are text. */
export function packEvidence({ checkpoint, entries }: ReserveEvidence): Buffer {
  const packed = entries.map(({ index, line, inclusion }) => ({
    index,
    line: Buffer.from(line).toString('utf8'),
    inclusion: inclusion.map((hash) => Buffer.from(hash).toString('base64')),
  }));
  return deflateRawSync(canonicalJson({ checkpoint, entries: packed }));
}

/** @returns undefined for bytes that are no evidence, or more than 256 KiB of it */
export function unpackEvidence(bytes: Uint8Array): ReserveEvidence | undefined {
  try {
    const text = inflateRawSync(bytes, { maxOutputLength: LARGEST }).toString('utf8');
    const { checkpoint, entries } = Packed.parse(JSON.parse(text));
    return {
      checkpoint,
      entries: entries.map(({ index, line, inclusion }) => ({
        index,
        line: Buffer.from(line, 'utf8'),
        inclusion: inclusion.map((hash) => Buffer.from(hash, 'base64')),
      })),
    };
  } catch {
    return undefined;
  }
}
