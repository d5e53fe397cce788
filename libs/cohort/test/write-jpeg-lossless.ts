import { BitWriter, word } from './bit-writer.js';

/**
 * Writes a lossless JPEG (process 14) with a flat table of 17 codes of 5 bits, written apart from the decoder that it
 * tests: predictions from T.81 table H.1.
 * @param values - samples of a pixel together
 */
export function jpegLossless(
  values: readonly number[],
  form: { width: number; height: number; samples?: number; precision: number; predictor?: number; interval?: number; transform?: number },
): Buffer {
  const { width, height, samples = 1, precision, predictor = 1, interval = 0, transform = 0 } = form;
  const out = new BitWriter();
  const scaled = values.map((value) => value >> transform);
  const at = (row: number, column: number, sample: number) => scaled[(row * width + column) * samples + sample] ?? 0;
  let restarts = 0;
  let firstRow = 0;
  for (let row = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1) {
      const place = row * width + column;
      if (interval > 0 && place > 0 && place % interval === 0) {
        out.align();
        out.bytes.push(0xff, 0xd0 + (restarts % 8));
        restarts += 1;
        firstRow = row;
      }
      for (let sample = 0; sample < samples; sample += 1) {
        const a = column > 0 ? at(row, column - 1, sample) : 0;
        const b = row > firstRow ? at(row - 1, column, sample) : 0;
        const c = row > firstRow && column > 0 ? at(row - 1, column - 1, sample) : 0;
        let expected = [0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][predictor] ?? 0;
        if (row === firstRow) expected = column === 0 ? 2 ** (precision - transform - 1) : a;
        else if (column === 0) expected = b;
        let difference = (((at(row, column, sample) - expected) % 65_536) + 65_536) % 65_536;
        if (difference > 32_768) difference -= 65_536;
        const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
        out.put(size, 5);
        if (size > 0 && size < 16) out.put(difference > 0 ? difference : difference + 2 ** size - 1, size);
      }
    }
  out.align();
  const components = Array.from({ length: samples }, (_, index) => index + 1);
  return Buffer.from([
    ...[0xff, 0xd8],
    ...[
      0xff,
      0xc3,
      ...word(8 + 3 * samples),
      precision,
      ...word(height),
      ...word(width),
      samples,
      ...components.flatMap((id) => [id, 0x11, 0]),
    ],
    ...[0xff, 0xc4, ...word(19 + 17), 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...Array.from({ length: 17 }, (_, code) => code)],
    ...(interval > 0 ? [0xff, 0xdd, 0, 4, ...word(interval)] : []),
    ...[0xff, 0xda, ...word(6 + 2 * samples), samples, ...components.flatMap((id) => [id, 0]), predictor, 0, transform],
    ...out.bytes,
    ...[0xff, 0xd9],
  ]);
}
