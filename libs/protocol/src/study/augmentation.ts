import { z } from 'zod';

/**
 * Images are changed at random each time a site trains on them, and never where they are measured. What is drawn follows from
 * what all sites know of the step and from the image alone: one patient's image does not depend on who else is there, so that
 * what bounds one patient's influence still does.
 */
export const Augmentation = z.strictObject({
  /** Every second image is turned left to right. */
  flip: z.boolean().default(false),
  /** Up to so many pixels up or down, and as many left or right, each as likely; the edge is repeated. */
  shift: z.int().min(0).max(256).default(0),
});
export type Augmentation = z.infer<typeof Augmentation>;
