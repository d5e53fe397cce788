import { ImageRefused } from './image-refused.js';
import type { PixelForm } from './pixel-form.js';

/** One PackBits segment into every byte of `target` that is its own: `target[at + i · step]`. */
function unpack(
  segment: Uint8Array,
  target: Uint8Array,
  place: { readonly at: number; readonly step: number; readonly count: number },
): void {
  let read = 0;
  let written = 0;
  const put = (byte: number) => {
    target[place.at + written * place.step] = byte;
    written += 1;
  };
  while (written < place.count) {
    const control = segment[read];
    if (control === undefined) throw new ImageRefused('truncated');
    read += 1;
    if (control === 128) continue;
    const literal = control < 128;
    const run = Math.min(literal ? control + 1 : 257 - control, place.count - written);
    if (read + (literal ? run : 1) > segment.length) throw new ImageRefused('truncated');
    for (let i = 0; i < run; i += 1) put(segment[literal ? read + i : read] ?? 0);
    read += literal ? control + 1 : 1;
  }
}

/**
 * DICOM's run-length coding (PS3.5 annex G): one segment a byte of a sample, most significant first.
 * @returns the frame as little-endian native bytes, pixel by pixel
 * @throws ImageRefused damaged, truncated
 */
export function unpackRle(frame: Uint8Array, form: PixelForm): Uint8Array {
  const HEADER = 64;
  if (frame.length < HEADER) throw new ImageRefused('truncated');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const bytes = form.allocated / 8;
  const segments = view.getUint32(0, true);
  if (segments !== form.samples * bytes) throw new ImageRefused('damaged');
  const offsets = Array.from({ length: segments }, (_, index) => view.getUint32(4 + index * 4, true));
  if (offsets.some((offset, index) => offset < HEADER || offset <= (offsets[index - 1] ?? 0))) throw new ImageRefused('damaged');
  const pixels = form.width * form.height;
  // Two bytes give 128 at most: a frame that cannot be whole takes no memory.
  if (frame.length * 64 < pixels * segments) throw new ImageRefused('truncated');
  const target = new Uint8Array(pixels * form.samples * bytes);
  for (const [index, offset] of offsets.entries()) {
    if (offset >= frame.length) throw new ImageRefused('truncated');
    const sample = Math.floor(index / bytes);
    const byte = bytes - 1 - (index % bytes);
    unpack(frame.subarray(offset, offsets[index + 1]), target, { at: sample * bytes + byte, step: form.samples * bytes, count: pixels });
  }
  return target;
}
