import type { DicomFile } from './dicom-file.js';
import { ImageRefused } from './image-refused.js';

/** Whether a fragment ends one JPEG, JPEG-LS (EOI) or JPEG 2000 (EOC) image: the same two bytes, perhaps a pad byte behind. */
export function endsImage(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 2 && (bytes[end - 1] === 0 || (bytes[end - 1] === 0xff && bytes[end - 2] === 0xd9))) end -= 1;
  return end >= 2 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

/** Which fragments make up which frame (PS3.5 section A.4). */
function grouped(file: DicomFile, frames: number, fragments: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  if (frames === 1) return [fragments];
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  const table = file.pixelData.basicOffsetTable ?? [];
  const offsets = (file.pixelData.fragments ?? []).map(({ offset }) => offset);
  const starts =
    table.length === frames
      ? table.map((offset) => offsets.indexOf(offset))
      : fragments.flatMap((_, index) => (index === 0 || endsImage(fragments[index - 1] ?? new Uint8Array()) ? [index] : []));
  if (starts.length !== frames || starts.some((start, index) => start < 0 || start <= (starts[index - 1] ?? -1)))
    throw new ImageRefused('damaged');
  return starts.map((start, index) => fragments.slice(start, starts[index + 1]));
}

/**
 * The compressed bytes of each frame.
 * @throws ImageRefused truncated, damaged
 */
export function encapsulatedFrames(file: DicomFile, frames: number): readonly Uint8Array[] {
  const { data, pixelData } = file;
  if (pixelData.encapsulatedPixelData !== true) throw new ImageRefused('damaged');
  const fragments = (pixelData.fragments ?? []).map(({ position, length }) => {
    if (position + length > data.byteArray.length) throw new ImageRefused('truncated');
    return data.byteArray.subarray(position, position + length);
  });
  if (fragments.every(({ length }) => length === 0)) throw new ImageRefused('no-pixel-data');
  if (fragments.length < frames) throw new ImageRefused('truncated');
  return grouped(file, frames, fragments).map((parts) => (parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)));
}
