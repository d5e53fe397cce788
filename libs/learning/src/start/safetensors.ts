import { SafetensorsHeader, SafetensorsMetadata } from '@consilium/protocol';
import { floatsOf, parseJson, sizeOf, weightsInvalid, type FileTensors } from './weights-invalid.js';

const LENGTH_BYTES = 8;
/** As the reference reader allows. */
const MOST_HEADER_BYTES = 100_000_000;
const WIDTHS = { F32: 4, F64: 8 } as const;

/**
 * The tensors of a safetensors file (github.com/huggingface/safetensors, "Format"): the header's length (64 bits,
 * little-endian), the header (JSON: type, shape and place of each tensor), the numbers. They fill the file without holes
 * and without overlaps; nothing of it is ever run.
 * @throws ConsiliumError WEIGHTS_INVALID, also for types other than F32 and F64
 */
export function readSafetensors(file: Uint8Array): FileTensors {
  if (file.length < LENGTH_BYTES) throw weightsInvalid('is too short for safetensors');
  const length = new DataView(file.buffer, file.byteOffset, file.byteLength).getBigUint64(0, true);
  if (length > MOST_HEADER_BYTES || Number(length) > file.length - LENGTH_BYTES)
    throw weightsInvalid('names a longer header than there is: it is no safetensors file, or was cut short');
  const begin = LENGTH_BYTES + Number(length);
  const { entries, data } = { entries: headerOf(file.subarray(LENGTH_BYTES, begin)), data: file.subarray(begin) };
  const tensors = new Map<string, { readonly shape: readonly number[]; readonly values: Float64Array }>();
  let at = 0;
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [first, end],
    },
  ] of entries) {
    if (dtype !== 'F32' && dtype !== 'F64') throw weightsInvalid(`has numbers of type ${dtype.slice(0, 20)}; F32 and F64 can be read`);
    const width = WIDTHS[dtype];
    if (first !== at || end - first !== sizeOf(shape) * width || end > data.length)
      throw weightsInvalid('has tensors that do not lie one after the other, each as long as its shape says');
    at = end;
    tensors.set(name, { shape, values: floatsOf(data.subarray(first, end), width) });
  }
  if (at !== data.length) throw weightsInvalid('has bytes that belong to no tensor');
  return tensors;
}

/** In the order of their places. */
function headerOf(bytes: Uint8Array): readonly (readonly [string, SafetensorsHeader[string]])[] {
  const value = parseJson(bytes, 'a header');
  if (typeof value !== 'object' || value === null) throw weightsInvalid('has a header that names no tensors');
  const { __metadata__: metadata, ...tensors } = value as Record<string, unknown>;
  const header = SafetensorsHeader.safeParse(tensors);
  if (!header.success || !SafetensorsMetadata.safeParse(metadata).success)
    throw weightsInvalid('has a header that is not one of safetensors', header.error);
  return Object.entries(header.data).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
}
