import { readFile } from 'node:fs/promises';
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
}
/** A compiled codec, and one with a memory of its own: the types of WebAssembly come with a browser's library only. */
type WasmModule = object;
declare const WebAssembly: {
  readonly compile: (bytes: Uint8Array) => Promise<WasmModule>;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
};

type Codec = Readonly<Record<string, (new () => Decoder) | undefined>>;
interface CodecOptions {
  readonly print: () => void;
  readonly printErr: () => void;
  readonly instantiateWasm: (imports: object, done: (instance: { readonly exports: object }) => void) => object;
}
type Load = (options: CodecOptions) => Promise<Codec>;

const load = createRequire(import.meta.url);

const CODECS = {
  jpeg: { name: '@cornerstonejs/codec-libjpeg-turbo-8bit', decoder: 'JPEGDecoder' },
  'jpeg-ls': { name: '@cornerstonejs/codec-charls', decoder: 'JpegLSDecoder' },
  'jpeg-2000': { name: '@cornerstonejs/codec-openjpeg', decoder: 'J2KDecoder' },
} as const;
export type WasmCoding = keyof typeof CODECS;

const compiled = new Map<WasmCoding, Promise<WasmModule>>();

function moduleOf(coding: WasmCoding): Promise<WasmModule> {
  const known = compiled.get(coding);
  if (known) return known;
  const module = readFile(load.resolve(`${CODECS[coding].name}/decodewasm`)).then((bytes) => WebAssembly.compile(bytes));
  compiled.set(coding, module);
  return module;
}

/**
 * A codec with a memory of its own for one image: fuzzing found files that a codec accepted and that left it unable to
 * decode the next one. Compiled once; an instance takes about 6 ms. Codecs talk to standard output, which is a command's
 * answer, and are not heard.
 */
async function freshCodec(coding: WasmCoding): Promise<Codec> {
  const module = await moduleOf(coding);
  return (load(`${CODECS[coding].name}/decodewasmjs`) as Load)({
    print: () => undefined,
    printErr: () => undefined,
    instantiateWasm: (imports, done) => {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  });
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
  const Codec = (await freshCodec(coding))[CODECS[coding].decoder];
  if (!Codec) throw new TypeError(`${CODECS[coding].name} has no ${CODECS[coding].decoder}`);
  return decoded(Codec, codestream, header);
}

/** Codecs throw numbers, texts and objects; none of it says more than that the image is damaged. */
function decoded(Codec: new () => Decoder, codestream: Uint8Array, header: CodestreamHeader): CodedValues {
  const { precision, signed } = header;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    const decoder = new Codec();
    decoder.getEncodedBuffer(codestream.length).set(codestream);
    decoder.decode();
    const info = decoder.getFrameInfo();
    if (info.width !== header.width || info.height !== header.height || info.componentCount !== header.components)
      throw new ImageRefused('damaged');
    // A copy: the buffer lies in the codec's memory.
    bytes = Uint8Array.from(decoder.getDecodedBuffer());
  } catch {
    throw new ImageRefused('damaged');
  }
  if (precision <= 8) return { values: signed ? new Int8Array(bytes.buffer) : bytes, precision, signed };
  if (bytes.length % 2 !== 0) throw new ImageRefused('damaged');
  return { values: signed ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer), precision, signed };
}
