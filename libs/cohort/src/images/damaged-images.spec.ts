import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress } from '../../test/wasm-encoders.js';
import { dicomFile } from '../../test/write-dicom.js';
import { jpegBlocks } from '../../test/write-jpeg-baseline.js';
import { jpegLossless } from '../../test/write-jpeg-lossless.js';
import { decodeDicom } from './decode-dicom.js';
import { ImageRefused } from './image-refused.js';

const FILES = join(dirname(fileURLToPath(import.meta.url)), '../../test/dicom');
const GREY = Array.from({ length: 256 }, (_, at) => ((at % 16) * 16 + at * 7) % 4096);
const TWELVE = { rows: 16, columns: 16, allocated: 16, stored: 12 };
const SIZE = { width: 16, height: 16, precision: 12 };

const file = (name: string) => readFileSync(join(FILES, `${name}.dcm`));
const SAMPLES: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'little endian': () => file('MR_small'),
  'big endian': () => file('MR_small_bigendian'),
  RLE: () => file('MR_small_RLE'),
  'JPEG 2000': () => file('MR_small_jp2klossless'),
  'a bare data set': () => dicomFile({ preamble: false, pixels: Buffer.from([1, 2, 3, 4]) }),
  'implicit little endian': () => dicomFile({ syntax: '1.2.840.10008.1.2', frames: 2, pixels: Buffer.alloc(8, 7) }),
  'lossless JPEG': () =>
    dicomFile({ ...TWELVE, syntax: '1.2.840.10008.1.2.4.70', pixels: [jpegLossless(GREY, { ...SIZE, interval: 32 })] }),
  'baseline JPEG': () =>
    dicomFile({ rows: 16, columns: 24, syntax: '1.2.840.10008.1.2.4.50', pixels: [jpegBlocks([0, 255, 17, 128, 129, 130], 3)] }),
  'JPEG-LS': async () =>
    dicomFile({ ...TWELVE, syntax: '1.2.840.10008.1.2.4.80', pixels: [await compress('jpeg-ls', Uint16Array.from(GREY), SIZE)] }),
  'JPEG 2000 of 16 × 16': async () =>
    dicomFile({ ...TWELVE, syntax: '1.2.840.10008.1.2.4.90', pixels: [await compress('jpeg-2000', Uint16Array.from(GREY), SIZE)] }),
};

/** What became of some bytes: an image whose numbers fit its sizes, or a reason. */
async function outcome(bytes: Uint8Array): Promise<string> {
  const start = performance.now();
  try {
    const { width, height, frames, channels, pixels } = await decodeDicom(bytes);
    expect(pixels.length).toBe(width * height * frames * channels);
    expect(pixels.some((value) => Number.isNaN(value))).toBe(false);
    return 'image';
  } catch (cause) {
    if (!(cause instanceof ImageRefused)) throw cause;
    return cause.reason;
  } finally {
    expect(performance.now() - start).toBeLessThan(3_000);
  }
}

/** What a file that ends too early may be: before its pixels begin it is not known what it would have been. */
const SHORT = new Set(['image', 'empty', 'truncated', 'no-pixel-data', 'not-dicom', 'unknown-syntax', 'damaged']);

const runs = { numRuns: Number(process.env['CONSILIUM_FUZZ'] ?? 60) };

describe.each(Object.entries(SAMPLES))('%s', (_, make) => {
  it('cut anywhere is refused for a reason that says so, or was cut behind whole pixels', async () => {
    const whole = await make();
    const image = await decodeDicom(whole);
    const reasons = new Set<string>();
    const half: number[] = [];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        const found = await outcome(whole.subarray(0, length));
        reasons.add(found);
        if (found === 'image') half.push(length);
      }),
      runs,
    );
    expect([...reasons].filter((reason) => !SHORT.has(reason))).toEqual([]);
    for (const length of half) expect((await decodeDicom(whole.subarray(0, length))).pixels).toEqual(image.pixels);
  });

  it('changed anywhere is an image of its size or refused, never a crash and never for ever', async () => {
    const whole = await make();
    const change = fc.tuple(
      fc.oneof(
        fc.integer({ min: 128, max: whole.length - 1 }),
        fc.integer({ min: Math.max(0, whole.length - 700), max: whole.length - 1 }),
      ),
      fc.integer({ min: 0, max: 255 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        await outcome(bytes);
      }),
      runs,
    );
  });
});

it('any bytes at all are refused or an image', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, marked) => {
      await outcome(marked ? Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), bytes]) : bytes);
    }),
    runs,
  );
});
