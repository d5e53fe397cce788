import { EXIT_CODES, type ErrorClass } from '@consilium/protocol';
import { z } from 'zod';

/** An error as the API answers it: RFC 9457, with the members that a person and a program need to go on. */
export const ProblemDetails = z.object({
  /** Names the kind of problem; stable. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  fix: z.string(),
  /** The kind of mistake, which decides the exit code of a command. */
  errorClass: z.enum(Object.keys(EXIT_CODES) as [ErrorClass, ...ErrorClass[]]),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string(), fix: z.string().optional() })),
  traceId: z.string(),
});
export type ProblemDetails = z.infer<typeof ProblemDetails>;
