/**
 * Why one image cannot be used, in the words that a person at the site reads. The keys are stable: reports count by them.
 * None says anything of the image's content.
 */
export const IMAGE_REASONS = {
  absent: 'file missing',
  ambiguous: 'several files have this name',
  unreadable: 'file cannot be read',
  changing: 'file changed while it was read',
  empty: 'empty file',
  'not-dicom': 'not DICOM',
  'no-pixel-data': 'no image inside',
  'unknown-syntax': 'encoding not supported',
  truncated: 'image cut short',
  damaged: 'file is damaged',
  'pixel-format': 'kind of pixels not supported',
  'too-large': 'larger than the limit',
  'several-frames': 'several frames, study wants one',
  'other-size': 'other size than the study wants',
  'other-channels': 'other number of channels than the study wants',
  'other-depth': 'other bit depth than the study wants',
  'outside-range': 'pixels outside the range of the study',
} as const;

export type ImageReason = keyof typeof IMAGE_REASONS;

/**
 * One image that cannot be used. It is counted by its reason and goes no further: what refuses a cohort is a
 * `CohortProblem` made from the counts.
 */
export class ImageRefused extends Error {
  /** @param detail - for people at the site; figures of the image's form, such as `16x16, study wants 8x8`, never content */
  constructor(
    readonly reason: ImageReason,
    readonly detail: string = IMAGE_REASONS[reason],
  ) {
    super(detail);
  }
}
