import type { X509Certificate } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';

interface Target {
  readonly host: string;
  readonly port: number;
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'the name is not known to DNS',
  EAI_AGAIN: 'DNS does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
};

const WRONG_NAME_OR_TIME: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'does not carry this name',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
};

/** Nothing answers there, or something that does not speak TLS 1.3 with HTTP/2. */
export function unreachable(target: Target, cause: unknown): ConsiliumError {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  const why = timedOut ? 'it does not answer in time' : (NETWORK[codeOf(cause)] ?? 'what answers there does not speak TLS 1.3 with HTTP/2');
  return new ConsiliumError({
    code: 'COORDINATOR_UNREACHABLE',
    errorClass: 'unreachable',
    message: `The coordinator at ${addressOf(target)} cannot be reached: ${why}.`,
    fix: `Check the address in the token, that the coordinator runs, and that outbound TCP to ${addressOf(target)} is allowed.`,
    cause,
  });
}

/** The certificates that came are not of the consortium that the token names. */
export function caMismatch(target: Target, chain: readonly X509Certificate[], cause?: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'CA_MISMATCH',
    errorClass: 'verification',
    message: `The server at ${addressOf(target)} is not the coordinator of this token: its certificate was issued by "${issuerOf(chain)}".`,
    fix: 'Use a token of this consortium; if that issuer is a device of your network that inspects TLS, have this address exempted.',
    cause,
  });
}

/** Why the second, verified handshake failed. */
export function verificationFailure(target: Target, chain: readonly X509Certificate[], cause: unknown): ConsiliumError {
  const code = codeOf(cause);
  const what = WRONG_NAME_OR_TIME[code];
  if (what !== undefined)
    return new ConsiliumError({
      code: 'COORDINATOR_CERTIFICATE',
      errorClass: 'verification',
      message: `The coordinator's certificate ${what} (${addressOf(target)}).`,
      fix: "Check this machine's clock; then ask the coordinator's admin for a certificate that covers this address.",
      cause,
    });
  const fromTheLine = code in NETWORK || code.startsWith('ERR_SSL') || code === 'EPROTO' || code === '';
  return fromTheLine ? unreachable(target, cause) : caMismatch(target, chain, cause);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function addressOf({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The issuer's common name, or its whole name. It comes from a stranger: printable characters only, and not many. */
function issuerOf(chain: readonly X509Certificate[]): string {
  const issuer = chain[0]?.issuer ?? '';
  const name = /^CN=(.+)$/m.exec(issuer)?.[1] ?? issuer.replaceAll('\n', ', ');
  return (
    Array.from(name)
      .map((letter) => (/[\p{L}\p{N}\p{P}\p{S} ]/u.test(letter) && letter !== '"' ? letter : '?'))
      .slice(0, 100)
      .join('') || 'nobody'
  );
}
