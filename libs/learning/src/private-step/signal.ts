import type { Address, Workspace } from './kernels.js';

export const padded = (count: number, to: 4 | 8): number => Math.ceil(count / to) * to;

/** What passes between two layers: a row of values for each record, and the gradient of its loss by them. */
export interface Signal {
  readonly width: number;
  /** Values from one row to the next: whole vectors of 8, with room for one value that is always 1. */
  readonly stride: number;
  /** 32-bit floats [rows, stride]; zeros beyond `width`. */
  readonly values: Address;
  readonly slopes: Address;
}

/** @param rows - records that are worked on together, a multiple of 4 */
export function signal(workspace: Workspace, rows: number, width: number): Signal {
  const stride = padded(width + 1, 8);
  const bytes = rows * stride * 4;
  return { width, stride, values: workspace.room(bytes), slopes: workspace.room(bytes) };
}
