import { ConsiliumError } from '@consilium/protocol';

/** Settings that are each possible and together not. The message names the number that fails. */
export function parametersRefused(field: string, message: string, fix: string): ConsiliumError {
  return new ConsiliumError({
    code: 'PRIVACY_PARAMETERS',
    errorClass: 'refused',
    message,
    fix,
    problems: [{ path: field, detail: message, fix }],
  });
}
