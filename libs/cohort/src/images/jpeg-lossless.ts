import { ImageRefused } from './image-refused.js';
import type { CodedValues } from './stored-values.js';

/** A Huffman table as it is decoded bit by bit (ITU-T T.81 annex F.2.2.3): by code length, 1 to 16. */
interface HuffmanTable {
  readonly least: readonly number[];
  readonly most: readonly number[];
  readonly first: readonly number[];
  readonly symbols: Uint8Array;
}

function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const least = [0];
  const most = [-1];
  const first = [0];
  let code = 0;
  let used = 0;
  for (const count of counts) {
    least.push(code);
    first.push(used);
    most.push(count === 0 ? -1 : code + count - 1);
    code = (code + count) * 2;
    used += count;
  }
  return { least, most, first, symbols };
}

/** Bits of an entropy-coded segment: FF 00 is the byte FF, any other FF ends it. */
class BitReader {
  #bits = 0;
  #left = 0;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  bit(): number {
    if (this.#left === 0) {
      const byte = this.bytes[this.at];
      if (byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0)) throw new ImageRefused('truncated');
      this.at += byte === 0xff ? 2 : 1;
      this.#bits = byte;
      this.#left = 8;
    }
    this.#left -= 1;
    return (this.#bits >> this.#left) & 1;
  }

  symbol(table: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length += 1) {
      code = code * 2 + this.bit();
      const most = table.most[length] ?? -1;
      if (code <= most) {
        const symbol = table.symbols[(table.first[length] ?? 0) + code - (table.least[length] ?? 0)];
        if (symbol !== undefined) return symbol;
      }
    }
    throw new ImageRefused('damaged');
  }

  /** A difference (T.81 tables H.2 and F.2.2.1): its size in bits, then that many bits. */
  difference(table: HuffmanTable): number {
    const size = this.symbol(table);
    if (size === 0) return 0;
    if (size === 16) return 32_768;
    if (size > 16) throw new ImageRefused('damaged');
    let value = 0;
    for (let i = 0; i < size; i += 1) value = value * 2 + this.bit();
    return value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  /** Steps over the marker RSTn that ends a restart interval. */
  restart(): void {
    this.#left = 0;
    const marker = this.bytes[this.at + 1] ?? 0;
    if (this.bytes[this.at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw new ImageRefused('damaged');
    this.at += 2;
  }
}

interface Frame {
  readonly precision: number;
  readonly height: number;
  readonly width: number;
  readonly components: readonly number[];
}

interface Scan {
  /** Places of the scan's components among the frame's, each with its table. */
  readonly parts: readonly { readonly component: number; readonly table: HuffmanTable }[];
  readonly predictor: number;
  readonly transform: number;
  readonly interval: number;
}

/** T.81 table H.1: from the sample to the left (a), above (b), above to the left (c). */
function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}

function decodeScan(reader: BitReader, frame: Frame, scan: Scan, target: Uint16Array): void {
  const { width, height } = frame;
  const samples = frame.components.length;
  const start = 2 ** (frame.precision - scan.transform - 1);
  let left = scan.interval;
  let firstRow = 0;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      if (scan.interval > 0) {
        if (left === 0) {
          reader.restart();
          left = scan.interval;
          firstRow = row;
        }
        left -= 1;
      }
      for (const { component, table } of scan.parts) {
        const at = (row * width + column) * samples + component;
        const a = target[at - samples] ?? 0;
        const b = target[at - width * samples] ?? 0;
        const c = target[at - width * samples - samples] ?? 0;
        let expected: number;
        if (row === firstRow) expected = column === 0 ? start : a;
        else expected = column === 0 ? b : predict(scan.predictor, a, b, c);
        target[at] = expected + reader.difference(table);
      }
    }
  }
}

function frameOf(segment: Uint8Array): Frame {
  const word = (at: number) => (segment[at] ?? 0) * 256 + (segment[at + 1] ?? 0);
  const count = segment[5] ?? 0;
  if (segment.length < 6 + count * 3) throw new ImageRefused('truncated');
  const components = Array.from({ length: count }, (_, index) => segment[6 + index * 3] ?? 0);
  if (count > 1 && components.some((_, index) => segment[7 + index * 3] !== 0x11)) throw new ImageRefused('pixel-format');
  return { precision: segment[0] ?? 0, height: word(1), width: word(3), components };
}

function readTables(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  let at = 0;
  while (at < segment.length) {
    const id = segment[at] ?? 0;
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = segment.subarray(at + 17, at + 17 + total);
    if (counts.length < 16 || symbols.length < total) throw new ImageRefused('truncated');
    tables.set(id, huffmanTable(counts, symbols));
    at += 17 + total;
  }
}

function scanOf(segment: Uint8Array, frame: Frame, tables: ReadonlyMap<number, HuffmanTable>, interval: number): Scan {
  const count = segment[0] ?? 0;
  if (count < 1 || segment.length < 4 + count * 2) throw new ImageRefused('truncated');
  const parts = Array.from({ length: count }, (_, index) => {
    const component = frame.components.indexOf(segment[1 + index * 2] ?? -1);
    const table = tables.get((segment[2 + index * 2] ?? 0) >> 4);
    if (component < 0 || !table) throw new ImageRefused('damaged');
    return { component, table };
  });
  const predictor = segment[1 + count * 2] ?? 0;
  const transform = (segment[3 + count * 2] ?? 0) & 15;
  if (predictor < 1 || predictor > 7 || transform >= frame.precision) throw new ImageRefused('damaged');
  // In lossless scans an interval is whole rows (T.81 section H.1.1).
  if (interval % frame.width !== 0) throw new ImageRefused('damaged');
  return { parts, predictor, transform, interval };
}

/**
 * Lossless JPEG, process 14, all predictors (ITU-T T.81 annex H). Decoded here, and not by a library, because what lies
 * at hand fills the rest of a cut image with zeros.
 * @param expected - what the DICOM header says; nothing larger is decoded
 * @throws ImageRefused damaged, truncated, pixel-format for another JPEG process
 */
export function decodeJpegLossless(
  bytes: Uint8Array,
  expected: { readonly width: number; readonly height: number; readonly samples: number },
): CodedValues {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new ImageRefused('damaged');
  const tables = new Map<number, HuffmanTable>();
  const done = new Set<number>();
  let frame: Frame | undefined;
  let target = new Uint16Array(0);
  let interval = 0;
  let at = 2;
  while (!frame || done.size < frame.components.length) {
    if (at + 4 > bytes.length) throw new ImageRefused('truncated');
    if (bytes[at] !== 0xff) throw new ImageRefused('damaged');
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xd9) throw new ImageRefused('truncated');
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    if (length < 2) throw new ImageRefused('damaged');
    if (at + 2 + length > bytes.length) throw new ImageRefused('truncated');
    const segment = bytes.subarray(at + 4, at + 2 + length);
    at += 2 + length;
    if (marker === 0xc4) readTables(segment, tables);
    else if (marker === 0xdd) interval = (segment[0] ?? 0) * 256 + (segment[1] ?? 0);
    else if (marker === 0xc3) {
      if (frame) throw new ImageRefused('damaged');
      frame = frameOf(segment);
      const { width, height, components, precision } = frame;
      if (width !== expected.width || height !== expected.height || components.length !== expected.samples)
        throw new ImageRefused('damaged');
      if (precision < 2 || precision > 16) throw new ImageRefused('damaged');
      // A sample takes a bit at least: an image that cannot be whole takes no memory.
      if (bytes.length * 8 < width * height * components.length) throw new ImageRefused('truncated');
      target = new Uint16Array(width * height * components.length);
    } else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) throw new ImageRefused('pixel-format');
    else if (marker === 0xda) {
      if (!frame) throw new ImageRefused('damaged');
      const scan = scanOf(segment, frame, tables, interval);
      const reader = new BitReader(bytes, at);
      decodeScan(reader, frame, scan, target);
      at = reader.at;
      for (const { component } of scan.parts) done.add(component);
      if (scan.transform > 0)
        for (const { component } of scan.parts)
          for (let index = component; index < target.length; index += frame.components.length)
            target[index] = (target[index] ?? 0) << scan.transform;
    }
  }
  return { values: target, precision: frame.precision, signed: false };
}
