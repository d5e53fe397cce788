import type { SealParameters } from '@consilium/protocol';
import { requireWordsInRange } from '../blocks/block-reader.js';

/**
 * Reads an upload once and accepts it or not: exact length, header (parameters' hash, key epoch), every word below q.
 * Nothing parses it yet. Passing says nothing of what it holds: random words pass, and fail the check at the sites.
 * @throws ConsiliumError CIPHERTEXT_REFUSED, naming what is wrong and never content
 */
export async function inspectUpload(
  path: string,
  { parameters, keyEpoch }: { readonly parameters: SealParameters; readonly keyEpoch: number },
): Promise<void> {
  await requireWordsInRange({ kind: 'upload', path, parameters, keyEpoch });
}
