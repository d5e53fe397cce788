import dicomParser, { type DataSet, type Element } from 'dicom-parser';
import { ImageRefused } from './image-refused.js';
import { codingOf, EXPLICIT_LITTLE, IMPLICIT_LITTLE, type Coding } from './transfer-syntax.js';

/** A DICOM file taken apart: its elements, where its pixels lie, how they are written. */
export interface DicomFile {
  readonly data: DataSet;
  readonly coding: Coding;
  readonly pixelData: Element;
}

const PIXEL_DATA = 'x7fe00010';
const PREAMBLE = 128;
const DEFLATED = '1.2.840.10008.1.2.1.99';

const tagAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) * 65_536 + ((bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8));

/**
 * The syntax of a data set without file meta information, as older systems write it: it begins with group 0008, and
 * either names value representations (two capital letters) or does not (PS3.5 section 7.1). Little endian only.
 */
function bareSyntax(bytes: Uint8Array): string | undefined {
  const tag = tagAt(bytes, 0);
  if (bytes.length < 16 || tag < 0x0008_0000 || tag > 0x0008_ffff) return undefined;
  const capital = (byte = 0) => byte >= 0x41 && byte <= 0x5a;
  if (capital(bytes[4]) && capital(bytes[5])) return EXPLICIT_LITTLE;
  const length = (bytes[4] ?? 0) + (bytes[5] ?? 0) * 256 + (bytes[6] ?? 0) * 65_536 + (bytes[7] ?? 0) * 16_777_216;
  return length <= bytes.length - 8 ? IMPLICIT_LITTLE : undefined;
}

/** What dicom-parser throws: texts, errors, or an object that carries the elements read so far. */
function elementsSoFar(cause: unknown): DataSet | undefined {
  return typeof cause === 'object' && cause !== null && 'dataSet' in cause ? (cause.dataSet as DataSet) : undefined;
}

interface Elements {
  readonly data: DataSet;
  /** Whether the file ended inside an element. */
  readonly broken: boolean;
}

function parsed(parse: () => DataSet): Elements {
  try {
    return { data: parse(), broken: false };
  } catch (cause) {
    const data = elementsSoFar(cause);
    if (!data) throw new ImageRefused('damaged');
    return { data, broken: true };
  }
}

function metaSyntax(bytes: Uint8Array): string | undefined {
  const { data, broken } = parsed(() => dicomParser.readPart10Header(bytes));
  const syntax = data.string('x00020010');
  if (syntax === undefined && broken) throw new ImageRefused('truncated');
  return syntax;
}

interface Announced {
  /** Of the elements; undefined where the file names none. */
  readonly syntax: string | undefined;
  readonly elements: () => Elements;
}

function announced(bytes: Uint8Array): Announced {
  if (bytes.length === 0) throw new ImageRefused('empty');
  const part10 = String.fromCharCode(...bytes.subarray(PREAMBLE, PREAMBLE + 4)) === 'DICM';
  if (part10) return { syntax: metaSyntax(bytes), elements: () => parsed(() => dicomParser.parseDicom(bytes)) };
  const syntax = bareSyntax(bytes);
  if (syntax === undefined) throw new ImageRefused('not-dicom');
  return { syntax, elements: () => parsed(() => bareDataSet(bytes, syntax)) };
}

/** dicom-parser wants file meta information: the data set is read behind one that says nothing but the syntax. */
function bareDataSet(bytes: Uint8Array, syntax: string): DataSet {
  const value = Buffer.from(syntax.padEnd(syntax.length + (syntax.length % 2), '\0'), 'latin1');
  const meta = Buffer.alloc(PREAMBLE + 4 + 8 + value.length);
  meta.write('DICM', PREAMBLE, 'latin1');
  meta.set([0x02, 0x00, 0x10, 0x00, 0x55, 0x49, value.length, 0x00], PREAMBLE + 4);
  meta.set(value, PREAMBLE + 12);
  return dicomParser.parseDicom(Buffer.concat([meta, bytes]));
}

/**
 * Reads the elements of a DICOM file (PS3.10), or of a bare data set. No pixel is looked at.
 * @throws ImageRefused empty, not-dicom, unknown-syntax, no-pixel-data, truncated, damaged
 */
export function openDicom(bytes: Uint8Array): DicomFile {
  const { syntax, elements } = announced(bytes);
  // Before the elements are read: deflated ones would be inflated without a limit.
  const coding = codingOf(syntax);
  const { data, broken } = elements();
  const pixelData = data.elements[PIXEL_DATA];
  if (!pixelData) {
    if (broken) throw new ImageRefused('truncated');
    // Samples in floating point (7FE0,0008 and 0009) are pixels that this version does not read.
    throw new ImageRefused(data.elements['x7fe00008'] || data.elements['x7fe00009'] ? 'pixel-format' : 'no-pixel-data');
  }
  if (pixelData.dataOffset + pixelData.length > data.byteArray.length) throw new ImageRefused('truncated');
  // What stands behind whole pixels, such as padding or a signature, does not make them worse; fragments are another
  // matter: the last of them may be the one that is cut.
  if (broken && pixelData.encapsulatedPixelData === true && !pixelData.fragments?.length) throw new ImageRefused('truncated');
  return { data, coding, pixelData };
}

/** Identifiers as the file has them, trimmed; empty where it has none. */
export interface DicomIdentifiers {
  readonly patientId: string;
  readonly sopInstanceUid: string;
}

export function identifiersIn(data: DataSet): DicomIdentifiers {
  return { patientId: (data.string('x00100020') ?? '').trim(), sopInstanceUid: (data.string('x00080018') ?? '').trim() };
}

/**
 * Who and what a file is about, whether or not its pixels can be used.
 * @throws ImageRefused where not even its elements can be read
 */
export function dicomIdentifiers(bytes: Uint8Array): DicomIdentifiers {
  try {
    const { syntax, elements } = announced(bytes);
    if (syntax === undefined || syntax === DEFLATED) throw new ImageRefused('unknown-syntax');
    return identifiersIn(elements().data);
  } catch (cause) {
    throw cause instanceof ImageRefused ? cause : new ImageRefused('damaged');
  }
}
