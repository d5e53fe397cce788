import { createRequire } from 'node:module';

interface Encoder {
  getDecodedBuffer(form: { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean }): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  setQuality(...values: unknown[]): void;
  setNearLossless(value: number): void;
  setDecompositions(value: number): void;
  setInterleaveMode(value: number): void;
  delete(): void;
}
type Load = (options: object) => Promise<Record<string, new () => Encoder>>;

const load = createRequire(import.meta.url);

const ENCODERS = {
  'jpeg-ls': ['@cornerstonejs/codec-charls/wasmjs', 'JpegLSEncoder'],
  'jpeg-2000': ['@cornerstonejs/codec-openjpeg/wasmjs', 'J2KEncoder'],
  jpeg: ['@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs', 'JPEGEncoder'],
} as const;

/** Compresses one frame of samples, samples of a pixel together; `lossy` as far as the coding has it. Grey JPEG is beyond its encoder. */
export async function compress(
  coding: keyof typeof ENCODERS,
  samples: Uint8Array | Uint16Array | Int16Array,
  form: { width: number; height: number; components?: number; precision: number; lossy?: boolean },
): Promise<Buffer> {
  const [name, encoder] = ENCODERS[coding];
  const module = await (load(name) as Load)({ print: () => undefined, printErr: () => undefined });
  const own = new module[encoder]!();
  const { width, height, components = 1, precision } = form;
  const target = own.getDecodedBuffer({
    width,
    height,
    bitsPerSample: precision,
    componentCount: components,
    isSigned: samples instanceof Int16Array,
  });
  target.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  if (coding === 'jpeg-ls') {
    own.setNearLossless(form.lossy === true ? 2 : 0);
    own.setInterleaveMode(components === 3 ? 2 : 0);
  }
  if (coding === 'jpeg-2000') {
    own.setDecompositions(2);
    own.setQuality(form.lossy !== true, 0);
  }
  if (coding === 'jpeg') own.setQuality(95);
  own.encode();
  const bytes = Buffer.from(own.getEncodedBuffer());
  own.delete();
  return bytes;
}
