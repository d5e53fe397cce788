import { ConsiliumError, schemaProblems } from '@consilium/protocol';
import { z } from 'zod';
import { priceEvent, type Price } from './price-event.js';

const steps = z.int().min(1).max(1_000_000_000);
const sigma = z.number().min(1e-3).max(1e12);
/** Below it a tail can no longer be told from the rounding of a double. */
const delta = z.number().min(1e-15).lt(1);

/** Questions in the shape of a reference file: fields beside these are ignored, so that such a file can be asked as it is. */
const Batch = z.object({
  cases: z
    .array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('gaussian'), sigma, steps, delta }),
        z.object({ kind: z.literal('sampledGaussian'), q: z.number().gt(0).max(1), sigma, steps, delta }),
      ]),
    )
    .max(10_000),
});

/**
 * Prices of textbook mechanisms, in the order asked.
 * @param batch - `{ cases: [{ kind, q, sigma, steps, delta }] }`, unchecked; a `gaussian` has no q
 * @throws ConsiliumError EVENT_INVALID, naming the fields
 */
export function priceEvents(batch: unknown): readonly Price[] {
  const parsed = Batch.safeParse(batch);
  if (!parsed.success)
    throw new ConsiliumError({
      code: 'EVENT_INVALID',
      errorClass: 'usage',
      message: 'The events cannot be priced as they are written.',
      fix: 'Give {"cases":[{"kind","q","sigma","steps","delta"}]} with finite numbers.',
      problems: schemaProblems(Batch, parsed.error),
    });
  return parsed.data.cases.map(({ delta: probability, ...event }) => priceEvent(event, probability));
}
