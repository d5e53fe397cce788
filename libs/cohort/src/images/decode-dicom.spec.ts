import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compress } from '../../test/wasm-encoders.js';
import { dicomFile, type DicomParts } from '../../test/write-dicom.js';
import { jpegBlocks } from '../../test/write-jpeg-baseline.js';
import { jpegLossless } from '../../test/write-jpeg-lossless.js';
import { rle } from '../../test/write-rle.js';
import { decodeDicom } from './decode-dicom.js';

const FILES = join(dirname(fileURLToPath(import.meta.url)), '../../test/dicom');
const file = (name: string) => readFileSync(join(FILES, `${name}.dcm`));
const pixels = async (parts: DicomParts) => [...(await decodeDicom(dicomFile(parts))).pixels];

const words = (values: readonly number[], big = false) => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries())
    if (big) bytes.writeUInt16BE(value & 0xffff, index * 2);
    else bytes.writeUInt16LE(value & 0xffff, index * 2);
  return bytes;
};

/** 12 bits, smooth with an edge: 16 × 16. */
const GREY = Array.from({ length: 256 }, (_, at) => ((at % 16) * 16 + (at > 128 ? 2000 : 0) + at) % 4096);
/** 8 bits, red, green, blue: 16 × 16. */
const COLOUR = Array.from({ length: 256 }, (_, at) => [at, 255 - at, (at * 7) % 256]).flat();
const SIZE = { width: 16, height: 16 };
const TWELVE = { rows: 16, columns: 16, allocated: 16, stored: 12 };

describe('files of scanners', () => {
  it('gives CT in Hounsfield units', async () => {
    const image = await decodeDicom(file('CT_small'));
    expect(image).toMatchObject({ width: 128, height: 128, frames: 1, channels: 1, bits: 16, inverted: false, patientId: '1CT1' });
    // As pydicom reads them: pixel_array[0, :5] is 175, 180, 166, 143, 139, and the intercept is -1024.
    expect([...image.pixels.slice(0, 5)]).toEqual([175, 180, 166, 143, 139].map((value) => value - 1024));
  });

  it.each(['MR_small_RLE', 'MR_small_bigendian', 'MR_small_jp2klossless'])(
    '%s is the same image as its uncompressed form',
    async (name) => {
      const plain = await decodeDicom(file('MR_small'));
      expect([...plain.pixels.slice(0, 4)]).toEqual([905, 1019, 1227, 1259]);
      expect((await decodeDicom(file(name))).pixels).toEqual(plain.pixels);
    },
  );

  it('refuses pixel data cut short', async () => {
    await expect(decodeDicom(file('MR_truncated'))).rejects.toMatchObject({ reason: 'truncated' });
  });
});

describe('what pixels mean', () => {
  it.each([
    ['explicit little endian', '1.2.840.10008.1.2.1', false],
    ['implicit little endian', '1.2.840.10008.1.2', false],
    ['explicit big endian', '1.2.840.10008.1.2.2', true],
  ])('reads 16-bit values in %s', async (_, syntax, big) => {
    expect(await pixels({ syntax, allocated: 16, pixels: words([1, 256, 65_535, 300], big) })).toEqual([1, 256, 65_535, 300]);
  });

  it('reads a data set that lacks file meta information', async () => {
    for (const syntax of ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'])
      expect(await pixels({ syntax, preamble: false, pixels: Buffer.from([1, 2, 3, 4]) })).toEqual([1, 2, 3, 4]);
  });

  it('takes the stored bits out of the allocated ones, wherever they stand', async () => {
    expect(await pixels({ allocated: 16, stored: 12, pixels: words([0xf001, 0x0fff, 0x1234, 0]) })).toEqual([1, 4095, 0x234, 0]);
    expect(await pixels({ allocated: 16, stored: 12, highBit: 15, pixels: words([0x0010, 0xfff0, 0x123f, 0]) })).toEqual([
      1, 4095, 0x123, 0,
    ]);
  });

  it('gives signed values their sign, of 12 bits too', async () => {
    expect(await pixels({ allocated: 16, signed: true, pixels: words([-1, 5, -2000, 0]) })).toEqual([-1, 5, -2000, 0]);
    expect(await pixels({ allocated: 16, stored: 12, signed: true, pixels: words([0x0fff, 0x0800, 7, 0]) })).toEqual([-1, -2048, 7, 0]);
  });

  it('applies slope and intercept, and inverts MONOCHROME1 by the stored bits', async () => {
    const form = { allocated: 16, stored: 12, pixels: words([0, 1, 4095, 2]) };
    expect(await pixels({ ...form, slope: '0.5', intercept: '-10' })).toEqual([-10, -9.5, 2037.5, -9]);
    expect(await pixels({ ...form, photometric: 'MONOCHROME1' })).toEqual([4095, 4094, 0, 4093]);
    expect(await pixels({ ...form, photometric: 'MONOCHROME1', slope: '2', intercept: '1' })).toEqual([8191, 8189, 1, 8187]);
    expect(await pixels({ photometric: 'MONOCHROME1', signed: true, pixels: Buffer.from([0, 127, 128, 255]) })).toEqual([-1, -128, 127, 0]);
  });

  it('takes a rescale from functional groups, frame by frame', async () => {
    const le = (tag: number, vr: string, value: string) =>
      Buffer.concat([
        Buffer.from([(tag >>> 16) & 255, tag >>> 24, tag & 255, (tag >>> 8) & 255]),
        Buffer.from(vr),
        Buffer.from([value.length, 0]),
        Buffer.from(value),
      ]);
    const item = (bytes: Buffer) => Buffer.concat([Buffer.from([0xfe, 0xff, 0x00, 0xe0, bytes.length, 0, 0, 0]), bytes]);
    const sequence = (tag: number, value: Buffer) =>
      Buffer.concat([
        Buffer.from([(tag >>> 16) & 255, tag >>> 24, tag & 255, (tag >>> 8) & 255]),
        Buffer.from('SQ'),
        Buffer.from([0, 0, value.length, 0, 0, 0]),
        value,
      ]);
    const group = (intercept: string, slope: string) =>
      item(sequence(0x00289145, item(Buffer.concat([le(0x00281052, 'DS', intercept), le(0x00281053, 'DS', slope)]))));
    const more = [[0x52009230, 'SQ', Buffer.concat([group('10', '1 '), group('0 ', '2 ')])]] as const;
    expect(await pixels({ frames: 2, rows: 1, pixels: Buffer.from([1, 2, 3, 4]), more })).toEqual([11, 12, 6, 8]);
  });

  it('brings colours to red, green, blue, pixel by pixel', async () => {
    const rgb = { samples: 3, rows: 1, columns: 2 };
    expect(await pixels({ ...rgb, pixels: Buffer.from([1, 2, 3, 4, 5, 6]) })).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await pixels({ ...rgb, planar: 1, pixels: Buffer.from([1, 4, 2, 5, 3, 6]) })).toEqual([1, 2, 3, 4, 5, 6]);
    // Red, green: ITU-R BT.601, full range.
    const ybr = Buffer.from([76, 85, 255, 150, 44, 21]);
    expect(await pixels({ ...rgb, photometric: 'YBR_FULL', pixels: ybr })).toEqual([254, 0, 0, 0, 255, 1]);
    // Two luminances share a pair of colours; grey has 128 twice.
    expect(await pixels({ ...rgb, photometric: 'YBR_FULL_422', pixels: Buffer.from([10, 200, 128, 128]) })).toEqual([
      10, 10, 10, 200, 200, 200,
    ]);
  });

  it('looks palette colours up', async () => {
    const table = (tag: number, values: readonly number[]) => [tag, 'OW', words(values.map((value) => value * 256))] as const;
    const descriptor = (tag: number) => [tag, 'US', words([3, 1, 16])] as const;
    const more = [
      ...[0x00281101, 0x00281102, 0x00281103].map(descriptor),
      table(0x00281201, [10, 20, 30]),
      table(0x00281202, [1, 2, 3]),
      table(0x00281203, [100, 101, 102]),
    ];
    const image = await decodeDicom(dicomFile({ photometric: 'PALETTE COLOR', pixels: Buffer.from([0, 1, 2, 9]), more }));
    expect([...image.pixels]).toEqual([10, 1, 100, 10, 1, 100, 20, 2, 101, 30, 3, 102]);
    expect(image).toMatchObject({ channels: 3, bits: 8 });
  });

  it('gives all frames, the middle one, or refuses more than one', async () => {
    const three = dicomFile({ frames: 3, rows: 1, columns: 2, pixels: Buffer.from([1, 2, 3, 4, 5, 6]) });
    expect([...(await decodeDicom(three)).pixels]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await decodeDicom(three, 'middle')).pixels]).toEqual([3, 4]);
    await expect(decodeDicom(three, 'only')).rejects.toMatchObject({ reason: 'several-frames', message: '3 frames, study wants one' });
  });
});

describe('compressed pixels', () => {
  it('reads RLE of 16-bit grey and of colour', async () => {
    const high = Buffer.from(GREY.map((value) => value >> 8));
    const low = Buffer.from(GREY.map((value) => value & 255));
    expect(await pixels({ ...TWELVE, syntax: '1.2.840.10008.1.2.5', pixels: [rle([high, low])] })).toEqual(GREY);
    const planes = [0, 1, 2].map((channel) => Buffer.from(COLOUR.filter((_, at) => at % 3 === channel)));
    expect(await pixels({ rows: 16, columns: 16, samples: 3, planar: 1, syntax: '1.2.840.10008.1.2.5', pixels: [rle(planes)] })).toEqual(
      COLOUR,
    );
  });

  it.each([
    ['JPEG-LS', '1.2.840.10008.1.2.4.80', 'jpeg-ls'],
    ['JPEG 2000', '1.2.840.10008.1.2.4.90', 'jpeg-2000'],
  ] as const)('reads lossless %s to the bit: grey, signed grey and colour', async (_, syntax, coding) => {
    const grey = await compress(coding, Uint16Array.from(GREY), { ...SIZE, precision: 12 });
    expect(await pixels({ ...TWELVE, syntax, pixels: [grey] })).toEqual(GREY);
    const colour = await compress(coding, Uint8Array.from(COLOUR), { ...SIZE, components: 3, precision: 8 });
    expect(await pixels({ rows: 16, columns: 16, samples: 3, syntax, pixels: [colour] })).toEqual(COLOUR);
    const below = GREY.map((value) => value - 2048);
    const pattern = Uint16Array.from(below, (value) => value & 0xfff);
    const unsigned = await compress(coding, pattern, { ...SIZE, precision: 12 });
    expect(await pixels({ ...TWELVE, signed: true, syntax, pixels: [unsigned] })).toEqual(below);
  });

  it('reads JPEG 2000 whose codestream is signed itself', async () => {
    const below = GREY.map((value) => value - 2048);
    const signed = await compress('jpeg-2000', Int16Array.from(below), { ...SIZE, precision: 12 });
    expect(await pixels({ ...TWELVE, signed: true, syntax: '1.2.840.10008.1.2.4.90', pixels: [signed] })).toEqual(below);
  });

  it.each([
    ['near-lossless JPEG-LS', '1.2.840.10008.1.2.4.81', 'jpeg-ls', 2],
    ['lossy JPEG 2000', '1.2.840.10008.1.2.4.91', 'jpeg-2000', 3],
  ] as const)('reads %s as near as it was written', async (_, syntax, coding, near) => {
    const smooth = Array.from({ length: 256 }, (_unused, at) => (at % 16) * 8 + Math.floor(at / 16) * 4);
    const bytes = await compress(coding, Uint8Array.from(smooth), { ...SIZE, precision: 8, lossy: true });
    const found = await pixels({ rows: 16, columns: 16, syntax, pixels: [bytes] });
    expect(Math.max(...found.map((value, at) => Math.abs(value - (smooth[at] ?? 0))))).toBeLessThanOrEqual(near);
  });

  it('reads grey baseline JPEG', async () => {
    const blocks = [0, 255, 17, 128, 129, 130];
    const found = await pixels({ rows: 16, columns: 24, syntax: '1.2.840.10008.1.2.4.50', pixels: [jpegBlocks(blocks, 3)] });
    expect(found).toEqual(Array.from({ length: 16 * 24 }, (_, at) => blocks[Math.floor(at / 24 / 8) * 3 + Math.floor((at % 24) / 8)]));
  });

  it('reads baseline JPEG colours as red, green, blue', async () => {
    const red = Array.from({ length: 256 }, () => [200, 30, 60]).flat();
    const bytes = await compress('jpeg', Uint8Array.from(red), { ...SIZE, components: 3, precision: 8 });
    const found = await pixels({
      rows: 16,
      columns: 16,
      samples: 3,
      photometric: 'YBR_FULL_422',
      syntax: '1.2.840.10008.1.2.4.50',
      pixels: [bytes],
    });
    expect(Math.max(...found.map((value, at) => Math.abs(value - (red[at] ?? 0))))).toBeLessThanOrEqual(3);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])(
    'reads lossless JPEG of predictor %i, with and without restarts, 12 and 16 bits, grey and colour',
    async (predictor) => {
      const syntax = predictor === 1 ? '1.2.840.10008.1.2.4.70' : '1.2.840.10008.1.2.4.57';
      for (const interval of [0, 32]) {
        const grey = jpegLossless(GREY, { ...SIZE, precision: 12, predictor, interval });
        expect(await pixels({ ...TWELVE, syntax, pixels: [grey] })).toEqual(GREY);
      }
      const deep = GREY.map((value, at) => (value * 16 + at * 211) % 65_536);
      const sixteen = jpegLossless(deep, { ...SIZE, precision: 16, predictor });
      expect(await pixels({ rows: 16, columns: 16, allocated: 16, syntax, pixels: [sixteen] })).toEqual(deep);
      const colour = jpegLossless(COLOUR, { ...SIZE, samples: 3, precision: 8, predictor });
      expect(await pixels({ rows: 16, columns: 16, samples: 3, syntax, pixels: [colour] })).toEqual(COLOUR);
    },
  );

  it('agrees on lossless JPEG with another decoder', async () => {
    const path = createRequire(import.meta.url).resolve('jpeg-lossless-decoder-js');
    const { Decoder } = (await import(pathToFileURL(path).href)) as {
      Decoder: new () => { decode(b: ArrayBuffer, o: number, l: number): Uint16Array };
    };
    for (const predictor of [1, 4, 6]) {
      const bytes = jpegLossless(GREY, { ...SIZE, precision: 12, predictor });
      const own = await pixels({ ...TWELVE, syntax: '1.2.840.10008.1.2.4.57', pixels: [bytes] });
      expect([...new Decoder().decode(Uint8Array.from(bytes).buffer, 0, bytes.length)]).toEqual(own);
    }
  });

  it('puts frames together from fragments, with an offset table, without, and by where images end', async () => {
    const syntax = '1.2.840.10008.1.2.4.70';
    const frames = [GREY, GREY.map((value) => 4095 - value)];
    const coded = frames
      .map((frame) => jpegLossless(frame, { ...SIZE, precision: 12 }))
      .map((bytes) => (bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes));
    const [first, second] = coded as [Buffer, Buffer];
    const cut = 2 * Math.floor(first.length / 4);
    const split = [first.subarray(0, cut), first.subarray(cut), second];
    const form = { ...TWELVE, frames: 2, syntax };
    expect(await pixels({ ...form, pixels: coded })).toEqual(frames.flat());
    expect(await pixels({ ...form, pixels: split })).toEqual(frames.flat());
    expect(await pixels({ ...form, pixels: split, table: [0, first.length + 16] })).toEqual(frames.flat());
    expect(await pixels({ ...TWELVE, syntax, pixels: split.slice(0, 2) })).toEqual(GREY);
  });
});

describe('what cannot be used', () => {
  const four = Buffer.from([1, 2, 3, 4]);
  const lossless = () => jpegLossless(GREY, { ...SIZE, precision: 12 });
  const coded = (bytes: Buffer, more: DicomParts = {}) =>
    dicomFile({ ...TWELVE, syntax: '1.2.840.10008.1.2.4.70', pixels: [bytes], ...more });
  const j2k = async (bytes: (whole: Buffer) => Buffer) =>
    dicomFile({
      ...TWELVE,
      syntax: '1.2.840.10008.1.2.4.90',
      pixels: [bytes(await compress('jpeg-2000', Uint16Array.from(GREY), { ...SIZE, precision: 12 }))],
    });

  it.each<[string, string, () => Buffer | Promise<Buffer>]>([
    ['an empty file', 'empty', () => Buffer.alloc(0)],
    ['a text', 'not-dicom', () => Buffer.from('name,age\nA,12\n')],
    ['no pixel data', 'no-pixel-data', () => dicomFile({})],
    ['pixel data of no bytes', 'no-pixel-data', () => dicomFile({ pixels: Buffer.alloc(0) })],
    ['a file that ends before its pixels', 'truncated', () => dicomFile({ pixels: four }).subarray(0, 195)],
    ['fewer pixels than rows and columns', 'truncated', () => dicomFile({ rows: 3, pixels: four })],
    ['fewer frames than it says', 'truncated', () => dicomFile({ frames: 2, pixels: four })],
    ['an unknown transfer syntax', 'unknown-syntax', () => dicomFile({ syntax: '1.2.840.10008.1.2.4.201', pixels: [four] })],
    ['a deflated data set', 'unknown-syntax', () => dicomFile({ syntax: '1.2.840.10008.1.2.1.99', pixels: four })],
    ['no rows', 'damaged', () => dicomFile({ rows: 0, pixels: four })],
    ['more bits stored than allocated', 'damaged', () => dicomFile({ stored: 9, pixels: four })],
    ['a slope of 0', 'damaged', () => dicomFile({ slope: '0', pixels: four })],
    ['a slope that is no number', 'damaged', () => dicomFile({ slope: '1,5', pixels: four })],
    ['two samples a pixel', 'pixel-format', () => dicomFile({ samples: 2, pixels: four })],
    [
      'a photometric interpretation of video',
      'pixel-format',
      () => dicomFile({ photometric: 'YBR_PARTIAL_420', samples: 3, pixels: four }),
    ],
    ['a lookup table of values', 'pixel-format', () => dicomFile({ pixels: four, more: [[0x00283000, 'SQ', Buffer.alloc(0)]] })],
    ['pixels in bits', 'pixel-format', () => dicomFile({ allocated: 1, pixels: four })],
    ['more pixels than the limit', 'too-large', () => dicomFile({ rows: 65_535, columns: 65_535, pixels: four })],
    ['more frames than the limit', 'too-large', () => dicomFile({ frames: 2 ** 31 - 1, pixels: four })],
    ['lossless JPEG cut short', 'truncated', () => coded(lossless().subarray(0, 150))],
    [
      'lossless JPEG cut short with an end put behind',
      'truncated',
      () => coded(Buffer.concat([lossless().subarray(0, 150), Buffer.from([0xff, 0xd9])])),
    ],
    ['lossless JPEG of another size', 'damaged', () => coded(lossless(), { rows: 8 })],
    [
      'lossless JPEG of a size that its bytes cannot have',
      'truncated',
      () => {
        const bytes = lossless();
        bytes.writeUInt16BE(8000, 7);
        bytes.writeUInt16BE(8000, 9);
        return coded(bytes, { rows: 8000, columns: 8000 });
      },
    ],
    ['more bits in the codestream than the header stores', 'damaged', () => coded(lossless(), { stored: 10 })],
    [
      'RLE cut short',
      'truncated',
      () =>
        dicomFile({
          ...TWELVE,
          syntax: '1.2.840.10008.1.2.5',
          pixels: [rle([Buffer.alloc(256, 1), Buffer.alloc(256, 2)]).subarray(0, 70)],
        }),
    ],
    [
      'RLE of a size that its bytes cannot have',
      'truncated',
      () =>
        dicomFile({
          ...TWELVE,
          rows: 8000,
          columns: 8000,
          syntax: '1.2.840.10008.1.2.5',
          pixels: [rle([Buffer.alloc(256, 1), Buffer.alloc(256, 2)])],
        }),
    ],
    ['JPEG 2000 cut short', 'truncated', () => j2k((whole) => whole.subarray(0, Math.floor(whole.length / 2)))],
    [
      'JPEG 2000 cut short with an end put behind',
      'damaged',
      () => j2k((whole) => Buffer.concat([whole.subarray(0, Math.floor(whole.length / 2)), Buffer.from([0xff, 0xd9])])),
    ],
    [
      'JPEG 2000 with more layers than any scanner writes',
      'too-large',
      () =>
        j2k((whole) => {
          const changed = Buffer.from(whole);
          changed.writeUInt16BE(65_535, whole.indexOf(Buffer.from([0xff, 0x52])) + 6);
          return changed;
        }),
    ],
    [
      'JPEG 2000 of a million tiles',
      'too-large',
      () =>
        j2k((whole) => {
          const changed = Buffer.from(whole);
          changed.writeUInt32BE(60_000, 8);
          changed.writeUInt32BE(60_000, 12);
          changed.writeUInt32BE(16, 24);
          changed.writeUInt32BE(16, 28);
          return changed;
        }),
    ],
    ['no fragment', 'no-pixel-data', () => dicomFile({ ...TWELVE, syntax: '1.2.840.10008.1.2.4.70', pixels: [] })],
  ])('refuses %s', async (_, reason, make) => {
    await expect(decodeDicom(await make())).rejects.toMatchObject({ reason });
  });
});
