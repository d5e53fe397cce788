// Pooling of one record's image, 32-bit floats [height, width, channels], over windows of size × size that do not overlap.
// Addresses are in bytes, sizes in values.

/** The largest of each window. */
export function maxPool(image: usize, width: usize, channels: usize, size: usize, outHeight: usize, outWidth: usize, out: usize): void {
  const place = channels << 2;
  for (let y: usize = 0; y < outHeight; y += 1)
    for (let x: usize = 0; x < outWidth; x += 1) {
      let window = image + (y * width + x) * size * place;
      const end = out + place;
      for (; out + 16 <= end; out += 16, window += 16) {
        let most = v128.load(window);
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1)
            most = f32x4.max(most, v128.load(window + (down * width + across) * place));
        v128.store(out, most);
      }
      for (; out < end; out += 4, window += 4) {
        let most = load<f32>(window);
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1)
            most = max<f32>(most, load<f32>(window + (down * width + across) * place));
        store<f32>(out, most);
      }
    }
}

/** Each slope goes to the first of its window that is the largest. What lies in no window stays as it is. */
export function maxPoolSlope(
  image: usize,
  width: usize,
  channels: usize,
  size: usize,
  outHeight: usize,
  outWidth: usize,
  out: usize,
  slope: usize,
  imageSlope: usize,
): void {
  const place = channels << 2;
  for (let y: usize = 0; y < outHeight; y += 1)
    for (let x: usize = 0; x < outWidth; x += 1) {
      let window = (y * width + x) * size * place;
      const end = out + place;
      for (; out + 16 <= end; out += 16, slope += 16, window += 16) {
        const most = v128.load(out);
        const whole = v128.load(slope);
        let open = i32x4.splat(-1);
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1) {
            const at = window + (down * width + across) * place;
            const hit = v128.and(open, f32x4.eq(most, v128.load(image + at)));
            v128.store(imageSlope + at, v128.and(whole, hit));
            open = v128.andnot(open, hit);
          }
      }
      for (; out < end; out += 4, slope += 4, window += 4) {
        let open = true;
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1) {
            const at = window + (down * width + across) * place;
            const hit = open && load<f32>(out) == load<f32>(image + at);
            store<f32>(imageSlope + at, hit ? load<f32>(slope) : 0);
            if (hit) open = false;
          }
      }
    }
}

/** The mean of each window. */
export function averagePool(image: usize, width: usize, channels: usize, size: usize, outHeight: usize, outWidth: usize, out: usize): void {
  const place = channels << 2;
  const share = <f32>1 / <f32>(size * size);
  const shares = f32x4.splat(share);
  for (let y: usize = 0; y < outHeight; y += 1)
    for (let x: usize = 0; x < outWidth; x += 1) {
      let window = image + (y * width + x) * size * place;
      const end = out + place;
      for (; out + 16 <= end; out += 16, window += 16) {
        let sum = f32x4.splat(0);
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1) sum = f32x4.add(sum, v128.load(window + (down * width + across) * place));
        v128.store(out, f32x4.mul(sum, shares));
      }
      for (; out < end; out += 4, window += 4) {
        let sum: f32 = 0;
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1) sum += load<f32>(window + (down * width + across) * place);
        store<f32>(out, sum * share);
      }
    }
}

/** Each slope in equal parts to its window. What lies in no window stays as it is. */
export function averagePoolSlope(
  width: usize,
  channels: usize,
  size: usize,
  outHeight: usize,
  outWidth: usize,
  slope: usize,
  imageSlope: usize,
): void {
  const place = channels << 2;
  const share = <f32>1 / <f32>(size * size);
  for (let y: usize = 0; y < outHeight; y += 1)
    for (let x: usize = 0; x < outWidth; x += 1) {
      let window = imageSlope + (y * width + x) * size * place;
      for (const end = slope + place; slope < end; slope += 4, window += 4) {
        const part = load<f32>(slope) * share;
        for (let down: usize = 0; down < size; down += 1)
          for (let across: usize = 0; across < size; across += 1) store<f32>(window + (down * width + across) * place, part);
      }
    }
}
