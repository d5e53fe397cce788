import type { Figure } from '../../api/studies.js';

/** 97.5th percentile of the normal distribution. */
const Z = 1.959964;

/** The 95 % interval by the standard error, kept within 0 and 1 for a share. */
export function interval({ value, standardError }: Figure): readonly [number, number] | undefined {
  if (value === null || standardError === null) return undefined;
  const room = Z * standardError;
  const [low, high] = [value - room, value + room];
  return value >= 0 && value <= 1 ? [Math.max(0, low), Math.min(1, high)] : [low, high];
}
