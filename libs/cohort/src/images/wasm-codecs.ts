import { createRequire } from 'node:module';
import { jpeg2000Header, jpegHeader, type CodestreamHeader } from './codestream-header.js';
import { endsImage } from './frame-bytes.js';
import { ImageRefused } from './image-refused.js';
import type { PixelForm } from './pixel-form.js';
import type { CodedValues } from './stored-values.js';

/** The part of @cornerstonejs' decoders that is used; they bring no types. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { readonly width: number; readonly height: number; readonly bitsPerSample: number; readonly componentCount: number };
  delete(): void;
}
type Module = Readonly<Record<string, (new () => Decoder) | undefined>>;
type Load = (options: { readonly print: () => void; readonly printErr: () => void }) => Promise<Module>;

const load = createRequire(import.meta.url);

/** Codecs talk to standard output, which is a command's answer. */
const SILENT = { print: () => undefined, printErr: () => undefined };

const CODECS = {
  jpeg: { name: '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs', decoder: 'JPEGDecoder' },
  'jpeg-ls': { name: '@cornerstonejs/codec-charls/decodewasmjs', decoder: 'JpegLSDecoder' },
  'jpeg-2000': { name: '@cornerstonejs/codec-openjpeg/decodewasmjs', decoder: 'J2KDecoder' },
} as const;
export type WasmCoding = keyof typeof CODECS;

/** Loaded codecs. One that failed is thrown away: what it left in its memory is not known. */
const loaded = new Map<WasmCoding, Promise<Module>>();

function moduleOf(coding: WasmCoding): Promise<Module> {
  const found = loaded.get(coding) ?? (load(CODECS[coding].name) as Load)(SILENT);
  loaded.set(coding, found);
  return found;
}

function headerOf(coding: WasmCoding, frame: Uint8Array): { readonly header: CodestreamHeader; readonly codestream: Uint8Array } {
  return coding === 'jpeg-2000' ? jpeg2000Header(frame) : { header: jpegHeader(frame, coding), codestream: frame };
}

/**
 * Decodes a JPEG (8 bit), JPEG-LS or JPEG 2000 frame in WebAssembly, whose memory ends at 2 GiB. The codestream's own
 * header must agree with the DICOM header before the codec sees it, and the image must have its end.
 * @throws ImageRefused damaged, truncated, pixel-format, too-large
 */
export async function decodeInWasm(coding: WasmCoding, frame: Uint8Array, form: PixelForm): Promise<CodedValues> {
  const { header, codestream } = headerOf(coding, frame);
  if (header.width !== form.width || header.height !== form.height || header.components !== form.samples) throw new ImageRefused('damaged');
  if (coding === 'jpeg' && header.precision !== 8) throw new ImageRefused('pixel-format');
  if (header.precision < 1 || header.precision > 16) throw new ImageRefused('pixel-format');
  if (!endsImage(codestream)) throw new ImageRefused('truncated');
  const module = await moduleOf(coding);
  const Codec = module[CODECS[coding].decoder];
  if (!Codec) throw new TypeError(`${CODECS[coding].name} has no ${CODECS[coding].decoder}`);
  try {
    const decoder = new Codec();
    decoder.getEncodedBuffer(codestream.length).set(codestream);
    decoder.decode();
    const info = decoder.getFrameInfo();
    if (info.width !== header.width || info.height !== header.height || info.componentCount !== header.components)
      throw new ImageRefused('damaged');
    // A copy: the buffer lies in the codec's memory.
    const bytes = Uint8Array.from(decoder.getDecodedBuffer());
    decoder.delete();
    if (header.precision <= 8 && !header.signed) return { values: bytes, precision: header.precision, signed: false };
    if (header.precision <= 8) return { values: new Int8Array(bytes.buffer), precision: header.precision, signed: true };
    if (bytes.length % 2 !== 0) throw new ImageRefused('damaged');
    const values = header.signed ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer);
    return { values, precision: header.precision, signed: header.signed };
  } catch (cause) {
    loaded.delete(coding);
    // Codecs throw numbers, texts and objects; none of it says more than this.
    throw cause instanceof ImageRefused ? cause : new ImageRefused('damaged');
  }
}
