// One patient's gradient as whole numbers, and the exact check of their norm (PROTOCOL.md section 6, step 2).
// Addresses are in bytes; counts in values, multiples of 8; integers z are 16 bits wide, sums 32.

/**
 * 1.5 · 2^23: a float beside it has no digits after the point, so that adding it rounds to the nearest integer, ties to even,
 * and the sum's bits less the constant's are that integer. An exported variable, because V8 builds a constant vector anew in
 * each turn of a loop, which takes half of the time of rounding.
 */
export let toInteger: f32 = 12582912;

/** z = nearest(scale · v); beyond ±2^15 the ends of that range, for which the check of the norm fails. */
export function round(v: usize, count: usize, scale: f32, z: usize): void {
  const factor = f32x4.splat(scale);
  const shift = f32x4.splat(toInteger);
  for (const end = z + (count << 1); z < end; z += 16, v += 32) {
    const low = i32x4.sub(f32x4.add(f32x4.mul(factor, v128.load(v)), shift), shift);
    const high = i32x4.sub(f32x4.add(f32x4.mul(factor, v128.load(v, 16)), shift), shift);
    v128.store(z, i16x8.narrow_i32x4_s(low, high));
  }
}

/** z = nearest(scale · x ⊗ y), row-major: `rows` values x, `columns` values y. */
export function roundOuter(x: usize, rows: usize, y: usize, columns: usize, scale: f32, z: usize): void {
  for (let row: usize = 0; row < rows; row += 1, z += columns << 1) round(y, columns, scale * load<f32>(x + (row << 2)), z);
}

/** v += share · x ⊗ y, row-major. */
export function addOuter(x: usize, rows: usize, y: usize, columns: usize, share: f32, v: usize): void {
  for (let row: usize = 0; row < rows; row += 1) {
    const factor = f32x4.splat(share * load<f32>(x + (row << 2)));
    for (let at: usize = 0; at < columns << 2; at += 16, v += 16)
      v128.store(v, f32x4.add(v128.load(v), f32x4.mul(factor, v128.load(y + at))));
  }
}

/**
 * Σz², in integers. A product pair is at most 2^31 as an unsigned word and joins a 64-bit sum before another is added: nothing
 * can overflow below 2^33 values. The answer is exact below 2^53, and beyond it far above every S².
 */
export function integerSquares(z: usize, count: usize): f64 {
  let low = i64x2.splat(0);
  let high = low;
  for (const end = z + (count << 1); z < end; z += 16) {
    const x = v128.load(z);
    const pairs = i32x4.dot_i16x8_s(x, x);
    low = i64x2.add(low, i64x2.extend_low_i32x4_u(pairs));
    high = i64x2.add(high, i64x2.extend_high_i32x4_u(pairs));
  }
  const sum = i64x2.add(low, high);
  return <f64>(<u64>i64x2.extract_lane(sum, 0) + <u64>i64x2.extract_lane(sum, 1));
}

/** sum += z. */
export function addIntegers(sum: usize, z: usize, count: usize): void {
  for (const end = z + (count << 1); z < end; z += 16, sum += 32) {
    const x = v128.load(z);
    v128.store(sum, i32x4.add(v128.load(sum), i32x4.extend_low_i16x8_s(x)));
    v128.store(sum, i32x4.add(v128.load(sum, 16), i32x4.extend_high_i16x8_s(x)), 16);
  }
}
