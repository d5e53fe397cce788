import { ConsiliumError } from '@consilium/protocol';

/** A file of weights that is not one, or not of this model. @param what - the end of a sentence, about names and sizes only */
export const weightsInvalid = (what: string, cause?: unknown): ConsiliumError =>
  new ConsiliumError({
    code: 'WEIGHTS_INVALID',
    errorClass: 'verification',
    message: `The file of weights that the study starts from ${what}.`,
    fix: 'Name the SHA-256 of a file with the tensors of this model in model.start, each of its shape.',
    cause,
  });

/** A tensor of a file: its shape, and its values in row-major order. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}
export type FileTensors = ReadonlyMap<string, FileTensor>;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** @throws ConsiliumError WEIGHTS_INVALID */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw weightsInvalid(`has ${what} that is not JSON`, cause);
  }
}

/** Little-endian floats of 4 or 8 bytes, wherever they lie. */
export function floatsOf(bytes: Uint8Array, width: 4 | 8): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / width }, (_, i) =>
    width === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true),
  );
}
