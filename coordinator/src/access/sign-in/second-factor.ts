import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { secretHash } from '../secret-token.js';

const PERIOD_S = 30;
/** Steps that a clock may be off, each way (RFC 6238 section 5.2). */
const WINDOW = 1;
const RECOVERY_CODES = 10;

/** Of 160 bits (RFC 4226 section 4). */
export const newTotpSecret = (): Buffer => randomBytes(20);

/** The secret as authenticator apps take it: in base32, and as an address for a QR code. */
export function totpForApps(secret: Uint8Array, account: string, consortium: string): { readonly secret: string; readonly uri: string } {
  const totp = totpOf(secret, account, consortium);
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/**
 * The time step of a code that is right and newer than those accepted before: a code counts once (RFC 6238 section 5.2).
 * @param after - the newest step whose code was accepted
 */
export function acceptedStep(secret: Uint8Array, code: string, now: Date, after: number): number | undefined {
  const digits = code.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) return undefined;
  const delta = totpOf(secret, '', '').validate({ token: digits, timestamp: now.getTime(), window: WINDOW });
  if (delta === null) return undefined;
  const step = Math.floor(now.getTime() / 1_000 / PERIOD_S) + delta;
  return step > after ? step : undefined;
}

/** Ten codes of 80 bits for the day the phone is lost; each counts once. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => (new Secret({ buffer: freshBuffer(10) }).base32.match(/.{4}/g) ?? []).join('-'));
}

/** What is kept of a recovery code; undefined for what cannot be one. */
export function recoveryCodeHash(code: string): string | undefined {
  const plain = code.toUpperCase().replaceAll(/[\s-]/g, '');
  return /^[A-Z2-7]{16}$/.test(plain) ? secretHash(plain) : undefined;
}

function totpOf(secret: Uint8Array, label: string, issuer: string): TOTP {
  return new TOTP({ secret: new Secret({ buffer: Uint8Array.from(secret).buffer }), label, issuer, digits: 6, period: PERIOD_S });
}

const freshBuffer = (bytes: number): ArrayBuffer => Uint8Array.from(randomBytes(bytes)).buffer;
