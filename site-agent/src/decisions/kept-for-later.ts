import { ConsiliumError } from '@consilium/protocol';

/** The signed decision is stored; the running agent sends it when it connects. */
export function keptForLater(error: unknown): never {
  if (!(error instanceof ConsiliumError)) throw error;
  const { code, errorClass, message, fix, cause } = error;
  const away = errorClass === 'unreachable' || errorClass === 'timeout';
  throw new ConsiliumError({
    code,
    errorClass,
    message: `The decision is signed and counts at this site, but the coordinator does not have it yet: ${message}`,
    fix: away ? 'The running agent sends it when it connects; or run the same command again.' : fix,
    cause,
  });
}
