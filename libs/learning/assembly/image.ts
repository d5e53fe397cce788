// One record's image, 32-bit floats [height, width, channels]. Addresses are in bytes, sizes in values.

/**
 * The places under the kernel of a convolution, a row [size, size, channels] for each place of the output rows `from` to
 * `to` − 1, `outStride` values apart; zeros beyond the image. What follows such a row up to the stride stays as it is.
 */
export function patches(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  size: i32,
  stride: i32,
  top: i32,
  left: i32,
  outWidth: i32,
  from: i32,
  to: i32,
  out: usize,
  outStride: usize,
): void {
  const line = size * channels;
  for (let row = from; row < to; row += 1)
    for (let column: i32 = 0; column < outWidth; column += 1, out += outStride << 2) {
      const x = column * stride - left;
      const first = max(0, -x);
      const last = max(first, min(size, width - x));
      let target = out;
      for (let down: i32 = 0; down < size; down += 1, target += (<usize>line) << 2) {
        const y = row * stride - top + down;
        if (y < 0 || y >= height) {
          zero(target, line);
          continue;
        }
        zero(target, first * channels);
        copy(
          image + ((<usize>((y * width + x + first) * channels)) << 2),
          target + ((<usize>(first * channels)) << 2),
          (last - first) * channels,
        );
        zero(target + ((<usize>(last * channels)) << 2), (size - last) * channels);
      }
    }
}

/** The way back of `patches`: each value joins the place of the image that it came from. */
export function addPatches(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  size: i32,
  stride: i32,
  top: i32,
  left: i32,
  outWidth: i32,
  from: i32,
  to: i32,
  rows: usize,
  rowStride: usize,
): void {
  const line = size * channels;
  for (let row = from; row < to; row += 1)
    for (let column: i32 = 0; column < outWidth; column += 1, rows += rowStride << 2) {
      const x = column * stride - left;
      const first = max(0, -x);
      const last = max(first, min(size, width - x));
      for (let down: i32 = 0; down < size; down += 1) {
        const y = row * stride - top + down;
        if (y < 0 || y >= height) continue;
        add(
          rows + ((<usize>(down * line + first * channels)) << 2),
          image + ((<usize>((y * width + x + first) * channels)) << 2),
          (last - first) * channels,
        );
      }
    }
}

function zero(at: usize, count: i32): void {
  for (const end = at + ((<usize>count) << 2); at < end; at += 4) store<f32>(at, 0);
}

function copy(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) store<f32>(to, load<f32>(from));
}

function add(from: usize, to: usize, count: i32): void {
  const end = from + ((<usize>count) << 2);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (; from < end; from += 4, to += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}
