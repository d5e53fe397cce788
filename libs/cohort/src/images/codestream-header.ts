import { ImageRefused } from './image-refused.js';

/** What a compressed image says of itself, before a codec may take memory for it. */
export interface CodestreamHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly precision: number;
  readonly signed: boolean;
}

/** Start-of-frame markers of the JPEG processes that {@link jpegHeader} knows: baseline, extended, progressive; JPEG-LS. */
const JPEG_FRAMES = [0xc0, 0xc1, 0xc2];
const JPEG_LS_FRAME = 0xf7;

/**
 * The frame header of a JPEG (ITU-T T.81 B.2.2) or JPEG-LS image (T.87 C.2.2).
 * @throws ImageRefused truncated, damaged, pixel-format for a process of another kind
 */
export function jpegHeader(bytes: Uint8Array, kind: 'jpeg' | 'jpeg-ls'): CodestreamHeader {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new ImageRefused('damaged');
  const word = (at: number) => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw new ImageRefused('damaged');
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const frame = marker === JPEG_LS_FRAME || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
    if (frame) {
      if (at + 10 > bytes.length) break;
      if (!(kind === 'jpeg' ? JPEG_FRAMES.includes(marker) : marker === JPEG_LS_FRAME)) throw new ImageRefused('pixel-format');
      return { precision: bytes[at + 4] ?? 0, height: word(at + 5), width: word(at + 7), components: bytes[at + 9] ?? 0, signed: false };
    }
    if (marker === 0xda || marker === 0xd9 || word(at + 2) < 2) throw new ImageRefused('damaged');
    at += 2 + word(at + 2);
  }
  throw new ImageRefused('truncated');
}

/** More tiles or layers than any scanner writes; each costs a codec memory before it sees a pixel. */
const MOST_TILES = 16_384;
const MOST_LAYERS = 256;

/** Where a JPEG 2000 codestream begins: some writers put a whole JP2 file into the fragment. */
function codestreamStart(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
}

/**
 * The sizes of a JPEG 2000 codestream (ITU-T T.800 A.5.1) and, of its coding style (A.6.1), what memory depends on.
 * @returns the header and the codestream without a file around it
 * @throws ImageRefused truncated, damaged, pixel-format for components of different form, too-large
 */
export function jpeg2000Header(bytes: Uint8Array): { readonly header: CodestreamHeader; readonly codestream: Uint8Array } {
  const start = codestreamStart(bytes);
  if (start < 0) throw new ImageRefused(bytes.length < 4 ? 'truncated' : 'damaged');
  const codestream = bytes.subarray(start);
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  if (codestream.length < 45) throw new ImageRefused('truncated');
  const long = (at: number) => view.getUint32(at);
  const [x1, y1, x0, y0, tileWidth, tileHeight, tileX, tileY] = [8, 12, 16, 20, 24, 28, 32, 36].map(long) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const components = view.getUint16(40);
  if (x1 <= x0 || y1 <= y0 || tileWidth === 0 || tileHeight === 0 || tileX > x0 || tileY > y0 || components === 0)
    throw new ImageRefused('damaged');
  if (codestream.length < 42 + components * 3) throw new ImageRefused('truncated');
  const first = [codestream[42] ?? 0, codestream[43] ?? 0, codestream[44] ?? 0];
  for (let index = 0; index < components; index += 1)
    for (let field = 0; field < 3; field += 1)
      if (codestream[42 + index * 3 + field] !== (field === 0 ? first[0] : 1)) throw new ImageRefused('pixel-format');
  if (Math.ceil((x1 - tileX) / tileWidth) * Math.ceil((y1 - tileY) / tileHeight) > MOST_TILES) throw new ImageRefused('too-large');
  const layers = layersOf(view);
  if (layers > MOST_LAYERS) throw new ImageRefused('too-large');
  const depth = first[0] ?? 0;
  return { header: { width: x1 - x0, height: y1 - y0, components, precision: (depth & 127) + 1, signed: depth > 127 }, codestream };
}

/** Quality layers of the main header, the most that any coding style in it names. */
function layersOf(view: DataView): number {
  let layers = 0;
  let at = 2;
  while (at + 4 <= view.byteLength) {
    const marker = view.getUint16(at);
    if (marker === 0xff90 || marker < 0xff00) break;
    const length = view.getUint16(at + 2);
    if (length < 2) throw new ImageRefused('damaged');
    if (marker === 0xff52 && at + 8 <= view.byteLength) layers = Math.max(layers, view.getUint16(at + 6));
    at += 2 + length;
  }
  return layers;
}
