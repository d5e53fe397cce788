// One record as 32-bit floats [places, channels]: what is the same for all places of a channel. Sums are in 64 bits, places
// in their order. Addresses are in bytes, sizes in values; `out` of a sum holds 64-bit floats.

/** out[channel] = Σ x over places. */
export function columnSums(x: usize, places: usize, channels: usize, out: usize): void {
  const bytes = channels << 2;
  const end = x + places * bytes;
  for (let left = channels; left > 0;) {
    if (left >= 4) {
      let low = f64x2.splat(0);
      let high = low;
      for (let at = x; at < end; at += bytes) {
        const v = v128.load(at);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)));
      }
      v128.store(out, low);
      v128.store(out, high, 16);
      x += 16;
      out += 32;
      left -= 4;
    } else {
      let sum: f64 = 0;
      for (let at = x; at < end; at += bytes) sum += load<f32>(at);
      store<f64>(out, sum);
      x += 4;
      out += 8;
      left -= 1;
    }
  }
}

/** out[channel] = Σ x · y over places. */
export function columnProducts(x: usize, y: usize, places: usize, channels: usize, out: usize): void {
  const bytes = channels << 2;
  const end = x + places * bytes;
  for (let left = channels; left > 0;) {
    let other = y;
    if (left >= 4) {
      let low = f64x2.splat(0);
      let high = low;
      for (let at = x; at < end; at += bytes, other += bytes) {
        const v = v128.load(at);
        const w = v128.load(other);
        low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(w)));
        high = f64x2.add(
          high,
          f64x2.mul(
            f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)),
            f64x2.promote_low_f32x4(v128.shuffle<i32>(w, w, 2, 3, 2, 3)),
          ),
        );
      }
      v128.store(out, low);
      v128.store(out, high, 16);
      x += 16;
      y += 16;
      out += 32;
      left -= 4;
    } else {
      let sum: f64 = 0;
      for (let at = x; at < end; at += bytes, other += bytes) sum += <f64>load<f32>(at) * <f64>load<f32>(other);
      store<f64>(out, sum);
      x += 4;
      y += 4;
      out += 8;
      left -= 1;
    }
  }
}

/** out = x · p + y · q + r with p, q, r by channel; `out` may be x or y. */
export function combine(x: usize, p: usize, y: usize, q: usize, r: usize, places: usize, channels: usize, out: usize): void {
  const bytes = channels << 2;
  const wide = bytes & ~15;
  for (let place: usize = 0; place < places; place += 1, x += bytes, y += bytes, out += bytes) {
    let at: usize = 0;
    for (; at < wide; at += 16)
      v128.store(
        out + at,
        f32x4.add(
          f32x4.add(f32x4.mul(v128.load(x + at), v128.load(p + at)), f32x4.mul(v128.load(y + at), v128.load(q + at))),
          v128.load(r + at),
        ),
      );
    for (; at < bytes; at += 4)
      store<f32>(out + at, load<f32>(x + at) * load<f32>(p + at) + load<f32>(y + at) * load<f32>(q + at) + load<f32>(r + at));
  }
}

/** out = x · p + r with p and r by channel; `out` may be x. */
export function scaleAndShift(x: usize, p: usize, r: usize, places: usize, channels: usize, out: usize): void {
  const bytes = channels << 2;
  const wide = bytes & ~15;
  for (let place: usize = 0; place < places; place += 1, x += bytes, out += bytes) {
    let at: usize = 0;
    for (; at < wide; at += 16) v128.store(out + at, f32x4.add(f32x4.mul(v128.load(x + at), v128.load(p + at)), v128.load(r + at)));
    for (; at < bytes; at += 4) store<f32>(out + at, load<f32>(x + at) * load<f32>(p + at) + load<f32>(r + at));
  }
}

/** out[place, channel] = share · row[channel]. */
export function repeat(row: usize, share: f32, places: usize, channels: usize, out: usize): void {
  for (let place: usize = 0; place < places; place += 1)
    for (let at: usize = 0; at < channels << 2; at += 4, out += 4) store<f32>(out, share * load<f32>(row + at));
}
