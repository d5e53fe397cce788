import { rgbFromPalette, rgbFromYbr } from './colour.js';
import { IMAGE_LIMITS, type DecodedImage, type ImageLimits } from './decoded-image.js';
import { identifiersIn, openDicom, type DicomFile, type DicomIdentifiers } from './dicom-file.js';
import { encapsulatedFrames } from './frame-bytes.js';
import { ImageRefused } from './image-refused.js';
import { decodeJpegLossless } from './jpeg-lossless.js';
import { pixelForm, type PixelForm } from './pixel-form.js';
import { rescaleOf } from './rescale.js';
import { unpackRle } from './rle.js';
import { codedValues, nativeFrameBytes, nativeValues, type StoredValues } from './stored-values.js';
import { decodeInWasm } from './wasm-codecs.js';

/** Which frames are decoded: all, the middle one, or the only one (a file with several is refused). */
export type FrameChoice = 'all' | 'middle' | 'only';

export interface DicomImage extends DecodedImage, DicomIdentifiers {
  /** Whether the pixels were compressed, so that decoding them again costs more than reading them. */
  readonly compressed: boolean;
}

const chosenFrames = (choice: FrameChoice, frames: number): readonly number[] => {
  if (choice === 'middle') return [Math.floor((frames - 1) / 2)];
  if (choice === 'only' && frames > 1) throw new ImageRefused('several-frames', `${frames} frames, study wants one`);
  return Array.from({ length: frames }, (_, frame) => frame);
};

type ReadFrame = (frame: number) => Promise<StoredValues>;

function nativeReader(file: DicomFile, form: PixelForm): ReadFrame {
  const { data, pixelData, coding } = file;
  if (pixelData.encapsulatedPixelData === true) throw new ImageRefused('damaged');
  const size = nativeFrameBytes(form);
  if (pixelData.length < size * form.frames) throw new ImageRefused(pixelData.length === 0 ? 'no-pixel-data' : 'truncated');
  const order = { big: coding === 'native-big', words: pixelData.vr === 'OW' };
  return async (frame) => {
    const start = pixelData.dataOffset + frame * size;
    return nativeValues(data.byteArray.subarray(start, start + size), form, order);
  };
}

function codedReader(file: DicomFile, form: PixelForm): ReadFrame {
  const { coding } = file;
  const frames = encapsulatedFrames(file, form.frames);
  // Codecs give samples pixel by pixel, whatever the header says of planes.
  const together = { ...form, planar: false };
  return async (frame) => {
    const bytes = frames[frame];
    if (!bytes) throw new ImageRefused('damaged');
    if (coding === 'rle') return nativeValues(unpackRle(bytes, form), together, { big: false, words: false });
    if (coding === 'jpeg-lossless') return codedValues(decodeJpegLossless(bytes, form), form);
    if (coding === 'jpeg' || coding === 'jpeg-ls' || coding === 'jpeg-2000')
      return codedValues(await decodeInWasm(coding, bytes, form), form);
    throw new TypeError(`${coding} pixels have no codec`);
  };
}

/** Colours as red, green and blue. JPEG and JPEG 2000 codecs have converted theirs. */
function toRgb(file: DicomFile, form: PixelForm): (values: StoredValues) => StoredValues {
  if (form.photometric === 'PALETTE COLOR') return rgbFromPalette(file.data, form.signed);
  const converted = file.coding === 'jpeg' || file.coding === 'jpeg-2000';
  if (converted || !form.photometric.startsWith('YBR_FULL')) return (values) => values;
  return (values) => {
    rgbFromYbr(values);
    return values;
  };
}

async function decode(bytes: Uint8Array, choice: FrameChoice, limits: ImageLimits): Promise<DicomImage> {
  if (bytes.length > limits.fileBytes) throw new ImageRefused('too-large');
  const file = openDicom(bytes);
  const form = pixelForm(file.data, (frames) => (choice === 'all' ? frames : 1), limits);
  const frames = chosenFrames(choice, form.frames);
  const compressed = file.coding !== 'native' && file.coding !== 'native-big';
  const read = compressed ? codedReader(file, form) : nativeReader(file, form);
  const convert = toRgb(file, form);
  const rescale = rescaleOf(file.data);
  const inverted = form.photometric === 'MONOCHROME1';
  const grey = form.photometric === 'MONOCHROME1' || form.photometric === 'MONOCHROME2';
  const channels = grey ? 1 : 3;
  // The largest and the smallest stored value change places: 255 − v, 4095 − v, or −1 − v where values are signed.
  const mirror = form.signed ? -1 : 2 ** form.stored - 1;
  const frameLength = form.width * form.height * channels;
  let pixels: Float32Array<ArrayBuffer> | undefined;
  for (const [place, frame] of frames.entries()) {
    const values = convert(await read(frame));
    // Not before a first frame was read: what a header claims is no reason to take memory.
    pixels ??= new Float32Array(frames.length * frameLength);
    const { slope, intercept } = grey ? rescale(frame) : { slope: 1, intercept: 0 };
    const offset = place * frameLength;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? 0;
      pixels[offset + index] = (inverted ? mirror - value : value) * slope + intercept;
    }
  }
  if (!pixels) throw new ImageRefused('no-pixel-data');
  return {
    width: form.width,
    height: form.height,
    frames: frames.length,
    channels,
    pixels,
    bits: form.photometric === 'PALETTE COLOR' ? 8 : form.stored,
    inverted,
    ...identifiersIn(file.data),
    compressed,
  };
}

/**
 * Decodes a DICOM file: rescale applied, window not, low means dark (PS3.3 C.7.6.3, C.11.1; PS3.5 sections 8 and A).
 * @param choice - frames to decode; memory is bounded by what they take
 * @throws ImageRefused for whatever keeps the file from being an image, and nothing else
 */
export async function decodeDicom(bytes: Uint8Array, choice: FrameChoice = 'all', limits: ImageLimits = IMAGE_LIMITS): Promise<DicomImage> {
  try {
    return await decode(bytes, choice, limits);
  } catch (cause) {
    if (cause instanceof ImageRefused) throw cause;
    // dicom-parser throws texts where an element lies outside the file.
    throw new ImageRefused('damaged');
  }
}
