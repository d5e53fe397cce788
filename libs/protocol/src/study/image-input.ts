import { z } from 'zod';

const finite = z.number('a number').refine(Number.isFinite, 'a finite number');
const side = z.int().min(1).max(4096);

/** Most numbers one image may become; a study's model sees all of them for every row. */
const LARGEST = 2 ** 24;

/**
 * One image a row: pixels after the file's own rescale (DICOM PS3.3 C.7.6.16.2.9 and C.11.1), low meaning dark, become
 * (x − center) / scale by public constants. Its encoded form is `height × width × channels` numbers, row-major, channels
 * last, behind the other inputs.
 */
export const ImageInput = z
  .strictObject({
    type: z.literal('image'),
    height: side,
    width: side,
    /** 1 is grey, 3 is red, green, blue. Neither is made from the other. */
    channels: z.union([z.literal(1), z.literal(3)], '1 (grey) or 3 (red, green, blue)').default(1),
    /** Inclusive, in the image's own unit, such as [-1024, 3071] for CT in Hounsfield units or [0, 255]. */
    range: z.tuple([finite, finite]),
    /** A pixel outside `range` makes the image unusable, or becomes the nearer end of it. */
    outside: z.enum(['refuse', 'clip']).default('refuse'),
    center: finite.default(0),
    scale: finite.positive('above 0').default(1),
    /** `exact` takes images of the declared size only; the others stretch what they get, whatever its proportions. */
    resize: z.enum(['exact', 'area', 'bilinear']).default('exact'),
    /** Bits that one stored sample has; without it any depth is taken. */
    bits: z.int().min(1).max(32).optional(),
    /** Which frame of a file with several; `only` takes files with one. */
    frame: z.enum(['only', 'middle']).default('only'),
    /** Above this share of unusable images a site's cohort is refused; the stricter of the study's and the site's counts. */
    maxUnusable: finite.min(0).max(1).optional(),
    /** Cell texts that mean "no image". The empty cell always does. */
    missingCodes: z.array(z.string()).max(50).default([]),
  })
  .superRefine((input, context) => {
    if (!(input.range[0] < input.range[1])) context.addIssue({ code: 'custom', path: ['range'], message: 'the lowest value comes first' });
    if (input.height * input.width * input.channels > LARGEST)
      context.addIssue({ code: 'custom', path: ['height'], message: `height × width × channels is at most ${LARGEST}` });
  });

export type ImageInput = z.infer<typeof ImageInput>;
