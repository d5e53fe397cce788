import { ImageRefused } from './image-refused.js';

/** How the pixels of a file are written down. */
export type Coding = 'native' | 'native-big' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000';

/** DICOM PS3.5 annex A. Deflated, MPEG, HTJ2K and JPEG XL files are refused by name, not guessed at. */
const CODINGS: Readonly<Record<string, Coding>> = {
  '1.2.840.10008.1.2': 'native',
  '1.2.840.10008.1.2.1': 'native',
  '1.2.840.10008.1.2.2': 'native-big',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.4.50': 'jpeg',
  '1.2.840.10008.1.2.4.51': 'jpeg',
  '1.2.840.10008.1.2.4.57': 'jpeg-lossless',
  '1.2.840.10008.1.2.4.70': 'jpeg-lossless',
  '1.2.840.10008.1.2.4.80': 'jpeg-ls',
  '1.2.840.10008.1.2.4.81': 'jpeg-ls',
  '1.2.840.10008.1.2.4.90': 'jpeg-2000',
  '1.2.840.10008.1.2.4.91': 'jpeg-2000',
};

export const IMPLICIT_LITTLE = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1';

/** @throws ImageRefused unknown-syntax, also where the file names none */
export function codingOf(syntax: string | undefined): Coding {
  const coding = syntax !== undefined && Object.hasOwn(CODINGS, syntax) ? CODINGS[syntax] : undefined;
  if (!coding) throw new ImageRefused('unknown-syntax');
  return coding;
}
