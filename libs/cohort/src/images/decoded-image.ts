/** An image as its file says it, before anything that a study asks for. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** 1 is grey, low means dark; 3 is red, green, blue. */
  readonly channels: 1 | 3;
  /**
   * `frames × height × width × channels` values, row-major, channels last, after the file's own rescale. A window
   * (VOI) is not applied.
   */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** Bits of one stored sample, before the rescale; undefined where samples are floating point. */
  readonly bits: number | undefined;
  /** Whether the file had low meaning bright (MONOCHROME1). */
  readonly inverted: boolean;
}

/** What one file may take. Checked against the header before any memory is taken. */
export interface ImageLimits {
  /** Samples of all decoded frames together; 4 bytes each. */
  readonly samples: number;
  readonly fileBytes: number;
}

/** 256 MiB of decoded pixels (a mammogram has 10^7 of them), a file of 1 GiB. */
export const IMAGE_LIMITS: ImageLimits = { samples: 2 ** 26, fileBytes: 2 ** 30 };
