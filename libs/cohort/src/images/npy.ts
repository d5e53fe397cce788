import { refuse, type CohortRefused } from '../cohort-problem.js';

/** Types of elements that are read; `U` and `S` are texts of fixed length. */
export type NpyKind = 'u' | 'i' | 'f' | 'b' | 'U' | 'S';

/** What an array says of itself (NumPy's NPY format, versions 1 to 3). */
export interface NpyHeader {
  readonly kind: NpyKind;
  /** Bytes of one element. */
  readonly size: number;
  readonly big: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly offset: number;
}

/** @param named - which array, in a name that site.yaml declares */
export const badArray = (
  named: string,
  what: string,
  fix = 'Write the file again, for example with numpy.savez_compressed.',
): CohortRefused => refuse({ code: 'DATA_UNREADABLE', sentence: `Array ${named} of a file of the cohort ${what}.`, fix });

const SIZES: Readonly<Record<NpyKind, readonly number[]>> = {
  u: [1, 2, 4, 8],
  i: [1, 2, 4, 8],
  f: [4, 8],
  b: [1],
  U: Array.from({ length: 256 }, (_, index) => index * 4),
  S: Array.from({ length: 256 }, (_, index) => index),
};

const HEADER_LIMIT = 65_536;

/**
 * Reads the header of an NPY array: a Python dictionary of three known keys, taken apart without evaluating anything.
 * @param bytes - the beginning of the array, at least its header
 * @throws CohortRefused DATA_UNREADABLE
 */
export function npyHeader(bytes: Buffer, named: string): NpyHeader {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY') throw badArray(named, 'is not a NumPy array');
  const wide = (bytes[6] ?? 0) > 1;
  if (wide && bytes.length < 12) throw badArray(named, 'is cut short');
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = wide ? 12 : 10;
  if (length > HEADER_LIMIT) throw badArray(named, 'has a header that is no NumPy header');
  if (bytes.length < start + length) throw badArray(named, 'is cut short');
  const text = bytes.toString('latin1', start, start + length);
  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d{1,4})'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text);
  if (!descr || !order || !shape) throw badArray(named, 'holds elements of a kind that is not read', 'Write it as plain numbers or texts.');
  const [, mark, letter, digits] = descr;
  const kind = (Object.keys(SIZES) as NpyKind[]).find((each) => each === letter);
  const size = Number(digits) * (letter === 'U' ? 4 : 1);
  if (!kind || !SIZES[kind].includes(size))
    throw badArray(named, `holds elements of type ${letter}${digits}, which is not read`, 'Write it as u1, u2, i2, f4 or f8.');
  if (order[1] === 'True') throw badArray(named, 'is in Fortran order', 'Write it in C order (numpy.ascontiguousarray).');
  const sizes = (shape[1] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => Number.parseInt(part, 10));
  if (sizes.length > 8 || sizes.some((each) => !Number.isSafeInteger(each))) throw badArray(named, 'has a shape that is none');
  return { kind, size, big: mark === '>', shape: sizes, offset: start + length };
}

/** Elements of an array, one by one, without a copy of the whole. */
export interface NpyArray {
  readonly kind: NpyKind;
  readonly size: number;
  readonly shape: readonly number[];
  /** Elements in all. */
  readonly length: number;
  /** @returns a number; NaN for a text */
  readonly number: (index: number) => number;
  /** @returns a text as a cell of a table would hold it; a number in its shortest form */
  readonly text: (index: number) => string;
}

function numberReader({ kind, size, big }: NpyHeader, view: DataView): (index: number) => number {
  const little = !big;
  if (kind === 'f') return size === 4 ? (index) => view.getFloat32(index * 4, little) : (index) => view.getFloat64(index * 8, little);
  if (kind === 'b' || (kind === 'u' && size === 1)) return (index) => view.getUint8(index);
  if (kind === 'u' && size === 2) return (index) => view.getUint16(index * 2, little);
  if (kind === 'u' && size === 4) return (index) => view.getUint32(index * 4, little);
  if (kind === 'u') return (index) => Number(view.getBigUint64(index * 8, little));
  if (kind === 'i' && size === 1) return (index) => view.getInt8(index);
  if (kind === 'i' && size === 2) return (index) => view.getInt16(index * 2, little);
  if (kind === 'i' && size === 4) return (index) => view.getInt32(index * 4, little);
  if (kind === 'i') return (index) => Number(view.getBigInt64(index * 8, little));
  return () => Number.NaN;
}

function textReader(
  { kind, size, big }: NpyHeader,
  bytes: Buffer,
  view: DataView,
  number: (index: number) => number,
): (index: number) => string {
  if (kind === 'S') return (index) => bytes.toString('utf8', index * size, (index + 1) * size).replace(/\0+$/, '');
  if (kind === 'U')
    return (index) => {
      let text = '';
      for (let at = index * size; at < (index + 1) * size; at += 4) {
        const point = view.getUint32(at, !big);
        if (point === 0) break;
        text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
      }
      return text;
    };
  // 64-bit identifiers keep all their digits.
  if (size === 8 && kind === 'u') return (index) => String(view.getBigUint64(index * 8, !big));
  if (size === 8 && kind === 'i') return (index) => String(view.getBigInt64(index * 8, !big));
  // NaN is how NumPy writes "not measured".
  return (index) => (Number.isNaN(number(index)) ? '' : String(number(index)));
}

/**
 * @param bytes - a whole NPY file
 * @throws CohortRefused DATA_UNREADABLE where the shape does not fit the bytes
 */
export function npyArray(bytes: Buffer, named: string): NpyArray {
  const header = npyHeader(bytes, named);
  const length = header.shape.reduce((product, size) => product * size, 1);
  const body = bytes.subarray(header.offset);
  if (!Number.isSafeInteger(length * header.size) || body.length < length * header.size) throw badArray(named, 'is cut short');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const number = numberReader(header, view);
  return { kind: header.kind, size: header.size, shape: header.shape, length, number, text: textReader(header, body, view, number) };
}
