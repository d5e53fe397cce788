import type { DataSet } from 'dicom-parser';
import { IMAGE_LIMITS, type ImageLimits } from './decoded-image.js';
import { ImageRefused } from './image-refused.js';

const PHOTOMETRIC = ['MONOCHROME1', 'MONOCHROME2', 'PALETTE COLOR', 'RGB', 'YBR_FULL', 'YBR_FULL_422', 'YBR_ICT', 'YBR_RCT'] as const;
export type Photometric = (typeof PHOTOMETRIC)[number];

/** The form of the pixels (DICOM PS3.3 C.7.6.3), checked. */
export interface PixelForm {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly photometric: Photometric;
  readonly allocated: 8 | 16 | 32;
  /** Bits stored, at most `allocated`. */
  readonly stored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Samples stand plane by plane instead of pixel by pixel; native pixels only. */
  readonly planar: boolean;
}

function photometricOf(text: string | undefined, samples: 1 | 3): Photometric {
  const found = PHOTOMETRIC.find((each) => each === text);
  const grey = found === 'MONOCHROME1' || found === 'MONOCHROME2' || found === 'PALETTE COLOR';
  if (!found || grey !== (samples === 1)) throw new ImageRefused('pixel-format');
  return found;
}

function framesOf(data: DataSet): number {
  const text = data.string('x00280008');
  if (text === undefined || text === '') return 1;
  const frames = Number(text);
  if (!Number.isInteger(frames) || frames < 1) throw new ImageRefused('damaged');
  return frames;
}

/**
 * @param decoded - how many frames will be decoded, of all
 * @throws ImageRefused damaged for a header without sizes, pixel-format, too-large
 */
export function pixelForm(data: DataSet, decoded: (frames: number) => number, limits: ImageLimits = IMAGE_LIMITS): PixelForm {
  const height = data.uint16('x00280010') ?? 0;
  const width = data.uint16('x00280011') ?? 0;
  if (width === 0 || height === 0) throw new ImageRefused('damaged');
  const frames = framesOf(data);
  const samples = data.uint16('x00280002') ?? 1;
  if (samples !== 1 && samples !== 3) throw new ImageRefused('pixel-format');
  const allocated = data.uint16('x00280100');
  if (allocated !== 8 && allocated !== 16 && allocated !== 32) throw new ImageRefused('pixel-format');
  const stored = data.uint16('x00280101') ?? allocated;
  const highBit = data.uint16('x00280102') ?? stored - 1;
  if (stored < 1 || stored > allocated || highBit < stored - 1 || highBit >= allocated) throw new ImageRefused('damaged');
  const photometric = photometricOf(data.string('x00280004'), samples);
  const channels = photometric === 'PALETTE COLOR' ? 3 : samples;
  if (width * height * channels * decoded(frames) > limits.samples) throw new ImageRefused('too-large');
  // Colours are 8 bits a sample here: deeper ones have no agreed range for the conversions below.
  if (samples === 3 && photometric !== 'RGB' && stored !== 8) throw new ImageRefused('pixel-format');
  // A modality table instead of slope and intercept (PS3.3 C.11.1.1.1) is not applied, so its images are not taken.
  if (data.elements['x00283000']) throw new ImageRefused('pixel-format');
  const planar = samples === 3 && data.uint16('x00280006') === 1;
  return { width, height, frames, samples, photometric, allocated, stored, highBit, signed: data.uint16('x00280103') === 1, planar };
}
