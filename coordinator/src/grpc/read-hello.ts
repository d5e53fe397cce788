import { CohortName, ConsiliumError } from '@consilium/protocol';
import type { Hello } from '@consilium/protocol/wire';
import { z } from 'zod';

/** What a site says of itself is shown to the people of the consortium, in terminals too: it has a form, and an end. */
const Form = z.object({
  agentVersion: z.string().regex(/^[0-9A-Za-z.+-]{1,40}$/),
  engine: z.string().regex(/^[0-9A-Za-z .+_/()-]{0,80}$/),
  cohorts: z.array(CohortName).max(500),
});
export type CheckedHello = z.infer<typeof Form>;

/** @throws ConsiliumError HELLO_INVALID */
export function readHello(hello: Hello): CheckedHello {
  const form = Form.safeParse(hello);
  if (form.success) return form.data;
  const wrong = [...new Set(form.error.issues.map(({ path }) => String(path[0])))].join(', ');
  throw new ConsiliumError({
    code: 'HELLO_INVALID',
    errorClass: 'usage',
    message: `What the site says of itself has not the form that it must have: ${wrong}.`,
    fix: 'Install the version of consilium-site that the consortium uses.',
  });
}
