import { ConsiliumError } from '@consilium/protocol';

/** The sentence for an address that cannot be listened on, whichever server wanted it; other errors as they are. */
export function listenError(error: unknown, purpose: 'gRPC' | 'HTTP', host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE' || (error instanceof Error && /EADDRINUSE/.test(error.message)))
    return new ConsiliumError({
      code: 'PORT_IN_USE',
      errorClass: 'usage',
      message: `Port ${port} on ${host}, meant for ${purpose}, is already in use.`,
      fix: `Stop the other program, or set ${purpose.toLowerCase()}.port to another port.`,
      cause: error,
    });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES')
    return new ConsiliumError({
      code: 'ADDRESS_UNAVAILABLE',
      errorClass: 'usage',
      message: `The coordinator may not listen on ${host}, port ${port}, for ${purpose} (${code}).`,
      fix: `Set ${purpose.toLowerCase()}.host to an address of this machine, and a port above 1023.`,
      cause: error,
    });
  return error;
}
