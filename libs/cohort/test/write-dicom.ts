/** Writes small DICOM files for tests: explicit little endian unless another syntax says otherwise. */
export interface DicomParts {
  readonly syntax?: string;
  readonly rows?: number;
  readonly columns?: number;
  readonly samples?: number;
  readonly photometric?: string;
  readonly allocated?: number;
  readonly stored?: number;
  readonly highBit?: number;
  readonly signed?: boolean;
  readonly planar?: number;
  readonly frames?: number;
  readonly slope?: string;
  readonly intercept?: string;
  readonly patientId?: string;
  readonly sopInstanceUid?: string;
  /** Native pixel bytes, or the fragments of encapsulated ones, each frame one fragment unless `table` groups them. */
  readonly pixels?: Buffer | readonly Buffer[];
  readonly table?: readonly number[];
  /** Further elements, in order of their tags: tag, VR, value. */
  readonly more?: readonly (readonly [number, string, Buffer])[];
  readonly preamble?: boolean;
}

const EXPLICIT = '1.2.840.10008.1.2.1';
const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT', 'OF', 'OD']);

interface Form {
  readonly explicit: boolean;
  readonly big: boolean;
}

const u16 = (value: number, big: boolean) => {
  const bytes = Buffer.alloc(2);
  if (big) bytes.writeUInt16BE(value);
  else bytes.writeUInt16LE(value);
  return bytes;
};
const u32 = (value: number, big: boolean) => {
  const bytes = Buffer.alloc(4);
  if (big) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
};

function element(tag: number, vr: string, value: Buffer, { explicit, big }: Form, undefinedLength = false): Buffer {
  const head = [u16(tag >>> 16, big), u16(tag & 0xffff, big)];
  const length = undefinedLength ? 0xffffffff : value.length;
  if (!explicit) return Buffer.concat([...head, u32(length, big), value]);
  if (LONG.has(vr)) return Buffer.concat([...head, Buffer.from(vr), Buffer.alloc(2), u32(length, big), value]);
  return Buffer.concat([...head, Buffer.from(vr), u16(length, big), value]);
}

const text = (value: string) => Buffer.from(value.length % 2 === 0 ? value : `${value} `, 'latin1');
const uid = (value: string) => Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1');

const even = (bytes: Buffer) => (bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]));

function encapsulated(fragments: readonly Buffer[], table: readonly number[] = []): Buffer {
  const item = (bytes: Buffer) => Buffer.concat([u16(0xfffe, false), u16(0xe000, false), u32(bytes.length, false), bytes]);
  const offsets = Buffer.concat(table.map((offset) => u32(offset, false)));
  const end = Buffer.concat([u16(0xfffe, false), u16(0xe0dd, false), u32(0, false)]);
  return Buffer.concat([item(offsets), ...fragments.map((fragment) => item(even(fragment))), end]);
}

/** @returns a whole file */
export function dicomFile(parts: DicomParts): Buffer {
  const { syntax = EXPLICIT, preamble = true, allocated = 8, samples = 1, rows = 2, columns = 2 } = parts;
  const { stored = allocated, highBit = stored - 1 } = parts;
  const form = { explicit: syntax !== '1.2.840.10008.1.2', big: syntax === '1.2.840.10008.1.2.2' };
  const plain = { explicit: true, big: false };
  const short = (tag: number, value: number) => element(tag, 'US', u16(value, form.big), form);
  const { pixels } = parts;
  const body = [
    element(0x00080018, 'UI', uid(parts.sopInstanceUid ?? '2.25.1'), form),
    element(0x00100020, 'LO', text(parts.patientId ?? 'SYN-1'), form),
    short(0x00280002, samples),
    element(0x00280004, 'CS', text(parts.photometric ?? (samples === 3 ? 'RGB' : 'MONOCHROME2')), form),
    ...(parts.planar === undefined ? [] : [short(0x00280006, parts.planar)]),
    ...(parts.frames === undefined ? [] : [element(0x00280008, 'IS', text(String(parts.frames)), form)]),
    short(0x00280010, rows),
    short(0x00280011, columns),
    short(0x00280100, allocated),
    short(0x00280101, stored),
    short(0x00280102, highBit),
    short(0x00280103, parts.signed === true ? 1 : 0),
    ...(parts.intercept === undefined ? [] : [element(0x00281052, 'DS', text(parts.intercept), form)]),
    ...(parts.slope === undefined ? [] : [element(0x00281053, 'DS', text(parts.slope), form)]),
    ...(parts.more ?? []).map(([tag, vr, value]) => element(tag, vr, value, form)),
    ...(pixels === undefined
      ? []
      : [
          Buffer.isBuffer(pixels)
            ? element(0x7fe00010, allocated === 8 ? 'OB' : 'OW', even(pixels), form)
            : element(0x7fe00010, 'OB', encapsulated(pixels as readonly Buffer[], parts.table), form, true),
        ]),
  ];
  if (!preamble) return Buffer.concat(body);
  const meta = element(0x00020010, 'UI', uid(syntax), plain);
  const length = element(0x00020000, 'UL', u32(meta.length, false), plain);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, ...body]);
}
