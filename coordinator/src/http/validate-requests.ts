import { StandardSchemaValidationPipe } from '@nestjs/common';
import { ConsiliumError, type Problem } from '@consilium/protocol';

/** Checks bodies, parameters and queries against the Zod schemas at their routes; problems name the place, never the value. */
export const validateRequests = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => {
    const problems = issues.map(({ path, message }): Problem => {
      const steps = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
      return { path: steps.join('.'), detail: message };
    });
    const [first] = problems;
    return new ConsiliumError({
      code: 'INVALID_REQUEST',
      errorClass: 'usage',
      message: `The request is not valid${first ? `: ${first.path === '' ? '' : `${first.path}: `}${first.detail}` : ''}.`,
      fix: 'Send what /api/v1/openapi.json describes.',
      problems,
    });
  },
});
