// Rows of 32-bit floats. A row's result takes the same operations in the same order whatever stands beside it, and wherever
// it stands: no fused or relaxed instruction, no order that depends on how many rows there are. Addresses are in bytes,
// sizes in values. All rows are padded with zeros to whole vectors.

/**
 * out[rows, n] = a[rows, k] · b[k, n]; row strides `aStride`, `n`, `outStride`.
 * @param rows - a multiple of 4
 * @param n - a multiple of 4
 */
export function multiply(a: usize, aStride: usize, b: usize, out: usize, outStride: usize, rows: usize, k: usize, n: usize): void {
  const aBytes = aStride << 2;
  const bBytes = n << 2;
  const outBytes = outStride << 2;
  const wide = n & ~7;
  for (let row: usize = 0; row < rows; row += 4) {
    const a0 = a + row * aBytes;
    const out0 = out + row * outBytes;
    for (let column: usize = 0; column < wide; column += 8)
      fourByEight(a0, aBytes, 4, b + (column << 2), bBytes, out0 + (column << 2), outBytes, k, false);
    if (wide < n) fourByFour(a0, aBytes, 4, b + (wide << 2), bBytes, out0 + (wide << 2), outBytes, k, false);
  }
}

/**
 * out[k, n] += the transpose of a[rows, k] · b[rows, n]; row strides `aStride`, `n`, `n`.
 * @param k - a multiple of 4
 * @param n - a multiple of 4
 */
export function addTransposed(a: usize, aStride: usize, b: usize, out: usize, rows: usize, k: usize, n: usize): void {
  const aBytes = aStride << 2;
  const bBytes = n << 2;
  const wide = n & ~7;
  for (let i: usize = 0; i < k; i += 4, a += 16, out += bBytes << 2) {
    for (let column: usize = 0; column < wide; column += 8)
      fourByEight(a, 4, aBytes, b + (column << 2), bBytes, out + (column << 2), bBytes, rows, true);
    if (wide < n) fourByFour(a, 4, aBytes, b + (wide << 2), bBytes, out + (wide << 2), bBytes, rows, true);
  }
}

/**
 * Sums of `k` products for 4 rows and 8 columns; from a's row to row `aBytes`, from product to product `aStep`.
 * @param more - whether they join what `out` holds
 */
function fourByEight(
  a: usize,
  aBytes: usize,
  aStep: usize,
  b: usize,
  bBytes: usize,
  out: usize,
  outBytes: usize,
  k: usize,
  more: bool,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  if (more) {
    const out1 = out + outBytes;
    const out2 = out1 + outBytes;
    const out3 = out2 + outBytes;
    s00 = v128.load(out);
    s01 = v128.load(out, 16);
    s10 = v128.load(out1);
    s11 = v128.load(out1, 16);
    s20 = v128.load(out2);
    s21 = v128.load(out2, 16);
    s30 = v128.load(out3);
    s31 = v128.load(out3, 16);
  }
  const a1 = a + aBytes;
  const a2 = a1 + aBytes;
  const a3 = a2 + aBytes;
  const end = k * aStep;
  for (let at: usize = 0; at < end; at += aStep) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a + at);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load32_splat(a1 + at);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load32_splat(a2 + at);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load32_splat(a3 + at);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
    b += bBytes;
  }
  v128.store(out, s00);
  v128.store(out, s01, 16);
  out += outBytes;
  v128.store(out, s10);
  v128.store(out, s11, 16);
  out += outBytes;
  v128.store(out, s20);
  v128.store(out, s21, 16);
  out += outBytes;
  v128.store(out, s30);
  v128.store(out, s31, 16);
}

function fourByFour(
  a: usize,
  aBytes: usize,
  aStep: usize,
  b: usize,
  bBytes: usize,
  out: usize,
  outBytes: usize,
  k: usize,
  more: bool,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  if (more) {
    s0 = v128.load(out);
    s1 = v128.load(out + outBytes);
    s2 = v128.load(out + 2 * outBytes);
    s3 = v128.load(out + 3 * outBytes);
  }
  const a1 = a + aBytes;
  const a2 = a1 + aBytes;
  const a3 = a2 + aBytes;
  const end = k * aStep;
  for (let at: usize = 0; at < end; at += aStep) {
    const b0 = v128.load(b);
    s0 = f32x4.add(s0, f32x4.mul(v128.load32_splat(a + at), b0));
    s1 = f32x4.add(s1, f32x4.mul(v128.load32_splat(a1 + at), b0));
    s2 = f32x4.add(s2, f32x4.mul(v128.load32_splat(a2 + at), b0));
    s3 = f32x4.add(s3, f32x4.mul(v128.load32_splat(a3 + at), b0));
    b += bBytes;
  }
  v128.store(out, s0);
  v128.store(out + outBytes, s1);
  v128.store(out + 2 * outBytes, s2);
  v128.store(out + 3 * outBytes, s3);
}

/** One column of each row becomes `value`. */
export function setColumn(at: usize, stride: usize, rows: usize, column: usize, value: f32): void {
  at += column << 2;
  for (let row: usize = 0; row < rows; row += 1, at += stride << 2) store<f32>(at, value);
}

/** @param count - a multiple of 4 */
export function relu(at: usize, count: usize): void {
  const zero = f32x4.splat(0);
  for (const end = at + (count << 2); at < end; at += 16) v128.store(at, f32x4.max(zero, v128.load(at)));
}

/** slope = 0 where the activation's output is not above 0; what is not a number stays one. */
export function reluSlope(output: usize, slope: usize, count: usize): void {
  const zero = f32x4.splat(0);
  for (const end = output + (count << 2); output < end; output += 16, slope += 16)
    v128.store(slope, v128.andnot(v128.load(slope), f32x4.le(v128.load(output), zero)));
}

/**
 * Hyperbolic tangent as a quotient of polynomials of degrees 13 and 6 (coefficients of the Eigen library's float tanh);
 * within 4e-7 of the true value everywhere, odd, never beyond ±1.
 */
export function tanh(at: usize, count: usize): void {
  const limit = f32x4.splat(7.90531110763549805);
  const one = f32x4.splat(1);
  for (const end = at + (count << 2); at < end; at += 16) {
    const x = f32x4.max(f32x4.neg(limit), f32x4.min(limit, v128.load(at)));
    const s = f32x4.mul(x, x);
    let p = f32x4.splat(-2.76076847742355e-16);
    p = f32x4.add(f32x4.mul(p, s), f32x4.splat(2.00018790482477e-13));
    p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-8.60467152213735e-11));
    p = f32x4.add(f32x4.mul(p, s), f32x4.splat(5.12229709037114e-8));
    p = f32x4.add(f32x4.mul(p, s), f32x4.splat(1.48572235717979e-5));
    p = f32x4.add(f32x4.mul(p, s), f32x4.splat(6.37261928875436e-4));
    p = f32x4.add(f32x4.mul(p, s), f32x4.splat(4.89352455891786e-3));
    let q = f32x4.splat(1.19825839466702e-6);
    q = f32x4.add(f32x4.mul(q, s), f32x4.splat(1.18534705686654e-4));
    q = f32x4.add(f32x4.mul(q, s), f32x4.splat(2.268434632439e-3));
    q = f32x4.add(f32x4.mul(q, s), f32x4.splat(4.89352518554385e-3));
    const y = f32x4.div(f32x4.mul(x, p), q);
    v128.store(at, f32x4.max(f32x4.neg(one), f32x4.min(one, y)));
  }
}

/** slope · (1 − output²). */
export function tanhSlope(output: usize, slope: usize, count: usize): void {
  const one = f32x4.splat(1);
  for (const end = output + (count << 2); output < end; output += 16, slope += 16) {
    const y = v128.load(output);
    v128.store(slope, f32x4.mul(v128.load(slope), f32x4.sub(one, f32x4.mul(y, y))));
  }
}

/** Σ of squares of `count` floats in 64 bits, of which each square takes its place exactly. @param count - a multiple of 4 */
export function squares(at: usize, count: usize): f64 {
  let low = f64x2.splat(0);
  let high = low;
  for (const end = at + (count << 2); at < end; at += 16) {
    const x = v128.load(at);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** out[row] += |a[row]|² · |b[row]|²: the squared norm of a ⊗ b (Goodfellow 2015, arXiv 1510.01799). Widths are multiples of 4. */
export function addOuterSquares(
  a: usize,
  aStride: usize,
  aWidth: usize,
  b: usize,
  bStride: usize,
  bWidth: usize,
  rows: usize,
  out: usize,
): void {
  for (let row: usize = 0; row < rows; row += 1, a += aStride << 2, b += bStride << 2, out += 8)
    store<f64>(out, load<f64>(out) + squares(a, aWidth) * squares(b, bWidth));
}
