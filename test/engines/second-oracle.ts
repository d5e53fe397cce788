/** What an operation does with the values that a window sees, per channel. */
export interface ExactCase {
  readonly rule: 'convolution' | 'depthwise' | 'mean' | 'largest' | 'dilation' | 'repeat';
  /** Spatial extents of a window; of `repeat`: how often each value stands along each axis. */
  readonly filter: readonly number[];
  readonly strides: readonly number[];
  readonly pad: 'same' | 'valid';
}

/** A tensor in 64 bits. */
interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
export interface ExactResult {
  readonly forward: number[];
  readonly gradients: number[][];
}

/** Element `out` of the result takes element `x` of the input, and `w` of the filter where there is one. */
interface Term {
  readonly out: number;
  readonly x: number;
  readonly w: number;
}

const size = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** All index tuples of a shape, in the order of its elements. */
function* places(shape: readonly number[]): Generator<number[]> {
  for (let flat = 0; flat < size(shape); flat += 1) {
    const place: number[] = [];
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis -= 1) {
      place.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    yield place;
  }
}
const flat = (place: readonly number[], shape: readonly number[]): number => place.reduce((sum, at, axis) => sum * shape[axis]! + at, 0);

/** Extents of the output and the padding before it, as TensorFlow defines `same` and `valid`. */
function geometry({ filter, strides, pad }: ExactCase, spatial: readonly number[]) {
  return spatial.map((input, axis) => {
    const [length, stride] = [filter[axis]!, strides[axis]!];
    if (pad === 'valid') return { windows: Math.floor((input - length) / stride) + 1, before: 0 };
    const windows = Math.ceil(input / stride);
    return { windows, before: Math.floor(Math.max(0, (windows - 1) * stride + length - input) / 2) };
  });
}

/** Which elements meet where. */
function relation(exact: ExactCase, x: Values, w: Values | undefined): { readonly terms: Term[]; readonly shape: number[] } {
  const [batch, ...rest] = x.shape as number[];
  const spatial = rest.slice(0, -1);
  const channels = rest.at(-1)!;
  const terms: Term[] = [];
  if (exact.rule === 'repeat') {
    const shape = [batch!, ...spatial.map((extent, axis) => extent * exact.filter[axis]!), channels];
    for (const place of places(shape)) {
      const from = place.map((at, axis) => (axis === 0 || axis === shape.length - 1 ? at : Math.floor(at / exact.filter[axis - 1]!)));
      terms.push({ out: flat(place, shape), x: flat(from, x.shape), w: 0 });
    }
    return { terms, shape };
  }
  const axes = geometry(exact, spatial);
  const windows = axes.map((axis) => axis.windows);
  const last = w?.shape.at(-1) ?? 1;
  const outChannels = exact.rule === 'convolution' ? last : exact.rule === 'depthwise' ? channels * last : channels;
  const shape = [batch!, ...windows, outChannels];
  for (let image = 0; image < batch!; image += 1)
    for (const window of places(windows))
      for (const tap of places(exact.filter)) {
        const at = window.map((place, axis) => place * exact.strides[axis]! - axes[axis]!.before + tap[axis]!);
        if (at.some((place, axis) => place < 0 || place >= spatial[axis]!)) continue;
        for (let channel = 0; channel < channels; channel += 1) {
          const from = flat([image, ...at, channel], x.shape);
          const out = (to: number) => flat([image, ...window, to], shape);
          if (exact.rule === 'convolution')
            for (let to = 0; to < last; to += 1) terms.push({ out: out(to), x: from, w: flat([...tap, channel, to], w!.shape) });
          else if (exact.rule === 'depthwise')
            for (let copy = 0; copy < last; copy += 1)
              terms.push({ out: out(channel * last + copy), x: from, w: flat([...tap, channel, copy], w!.shape) });
          else terms.push({ out: out(channel), x: from, w: w ? flat([...tap, channel], w.shape) : 0 });
        }
      }
  return { terms, shape };
}

/**
 * An operation and its gradients, element by element in 64 bits, after its definition alone: the judge where the `cpu`
 * backend of TensorFlow.js is wrong itself.
 * @param slopes - makes the output's gradient for its shape
 */
export function exactly(exact: ExactCase, [x, w]: readonly Values[], slopes: (shape: number[]) => readonly number[]): ExactResult {
  const { terms, shape } = relation(exact, x!, w);
  const dy = slopes(shape);
  const forward = Array.from({ length: size(shape) }, () => 0);
  const byX = x!.data.map(() => 0);
  const byW = w?.data.map(() => 0);
  const counts = forward.map(() => 0);
  for (const { out } of terms) counts[out]! += 1;
  if (exact.rule === 'largest' || exact.rule === 'dilation') {
    const best: (Term | undefined)[] = forward.map(() => undefined);
    const value = (term: Term) => x!.data[term.x]! + (w ? w.data[term.w]! : 0);
    for (const term of terms) {
      const held = best[term.out];
      if (!held || value(term) > value(held)) best[term.out] = term;
    }
    for (const [out, term] of best.entries()) {
      forward[out] = term ? value(term) : -Infinity;
      if (term) byX[term.x]! += dy[out]!;
      if (term && byW) byW[term.w]! += dy[out]!;
    }
  } else
    for (const term of terms) {
      const factor = exact.rule === 'mean' ? 1 / counts[term.out]! : w ? w.data[term.w]! : 1;
      forward[term.out]! += x!.data[term.x]! * factor;
      byX[term.x]! += dy[term.out]! * factor;
      if (byW) byW[term.w]! += dy[term.out]! * x!.data[term.x]!;
    }
  return { forward, gradients: byW ? [byX, byW] : [byX] };
}
