export const NUMBER_TRANSFORMS = ['none', 'log', 'log1p', 'sqrt', 'square'] as const;
export type NumberTransform = (typeof NUMBER_TRANSFORMS)[number];

/** f of a raw value. */
export function transformNumber(transform: NumberTransform, value: number): number {
  switch (transform) {
    case 'none':
      return value;
    case 'log':
      return Math.log(value);
    case 'log1p':
      return Math.log1p(value);
    case 'sqrt':
      return Math.sqrt(value);
    case 'square':
      return value * value;
  }
}

/** What is done to a raw value before a model sees it. */
interface NumberRule {
  readonly transform: NumberTransform;
  readonly deviationFrom?: number | undefined;
  readonly center: number;
  readonly scale: number;
  readonly limit?: number | undefined;
}

/** The number that a model sees for a raw value: (f(x) − center) / scale, cut at ±limit. */
export function encodeNumber(input: NumberRule, value: number): number {
  const raw = input.deviationFrom === undefined ? value : Math.abs(value - input.deviationFrom);
  const scaled = (transformNumber(input.transform, raw) - input.center) / input.scale;
  return input.limit === undefined ? scaled : Math.min(input.limit, Math.max(-input.limit, scaled));
}
