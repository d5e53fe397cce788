import { z } from 'zod';

/** An error as the API answers it (RFC 9457). */
export const Problem = z.object({
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  fix: z.string().default(''),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string(), fix: z.string().optional() })).default([]),
  traceId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** What went wrong, as a person reads it; `code` is stable. */
export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'ApiProblem';
  }
  get code(): string {
    return this.problem.code;
  }
}

/** Any error as a problem: what the network or a schema said is put into the same form. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  if (error instanceof z.ZodError) {
    const [first] = error.issues;
    return local(
      'ANSWER_UNEXPECTED',
      `The coordinator's answer has another form than this page knows (${first?.path.join('.') ?? ''}).`,
      'Reload the page; console and coordinator may be of two versions.',
    );
  }
  return local('UNREACHABLE', 'The coordinator cannot be reached.', 'Check the connection; the page tries again by itself.');
}

function local(code: string, detail: string, fix: string): Problem {
  return { status: 0, code, detail, fix, errors: [] };
}
