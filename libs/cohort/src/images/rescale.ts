import type { DataSet } from 'dicom-parser';
import { ImageRefused } from './image-refused.js';

export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

function ownRescale(data: DataSet | undefined): Rescale | undefined {
  if (!data) return undefined;
  const slope = data.string('x00281053');
  const intercept = data.string('x00281052');
  if (slope === undefined && intercept === undefined) return undefined;
  const found = { slope: Number(slope ?? 1), intercept: Number(intercept ?? 0) };
  if (!Number.isFinite(found.slope) || !Number.isFinite(found.intercept) || found.slope === 0) throw new ImageRefused('damaged');
  return found;
}

/** The rescale inside an item of functional groups (PS3.3 C.7.6.16.2.9). */
const groupRescale = (group: DataSet | undefined): Rescale | undefined => ownRescale(group?.elements['x00289145']?.items?.[0]?.dataSet);

/**
 * How stored values become the modality's own unit, frame by frame (PS3.3 C.11.1): from the image, or in enhanced
 * objects from the frame's functional group, then the shared one; else as they are.
 * @throws ImageRefused damaged for a slope of 0, or a number that is none
 */
export function rescaleOf(data: DataSet): (frame: number) => Rescale {
  const whole = ownRescale(data) ?? groupRescale(data.elements['x52009229']?.items?.[0]?.dataSet) ?? { slope: 1, intercept: 0 };
  const perFrame = data.elements['x52009230']?.items;
  return (frame) => groupRescale(perFrame?.[frame]?.dataSet) ?? whole;
}
