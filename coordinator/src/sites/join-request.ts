import { checkCsr, hashTokenSecret, verifyStatement } from '@consilium/identity';
import {
  ConsiliumError,
  joinStatement,
  PRODUCT_VERSION,
  PROTOCOL_VERSION,
  sha256Hex,
  statementJson,
  type SiteName,
} from '@consilium/protocol';
import type { JoinRequest } from '@consilium/protocol/wire';
import { z } from 'zod';
import type { JoinTokenRow, SiteKeys } from '../storage/index.js';

const bytes = (length: number) => z.instanceof(Uint8Array).refine((value) => value.length === length, `${length} bytes`);

const Form = z.object({
  tokenSecret: z.string().min(1).max(200),
  csr: z.instanceof(Uint8Array).refine((value) => value.length > 0, 'a certificate request'),
  identityKey: bytes(32),
  sealingKey: bytes(1216),
  signature: bytes(64),
  agentVersion: z.string().regex(/^[0-9A-Za-z.+-]{1,40}$/, 'a version'),
});

/** A join request whose form is right and whose sender holds the keys it names. */
export interface CheckedJoin {
  readonly keys: SiteKeys;
  /** Names the three public keys together: a token works for one set of them. */
  readonly keysHash: string;
}

/** The row that a request's secret points to. @throws ConsiliumError PROTOCOL_VERSION, for either side to act on */
export function joinSecretHash(request: JoinRequest): string {
  if (request.protocolVersion !== PROTOCOL_VERSION)
    throw new ConsiliumError({
      code: 'PROTOCOL_VERSION',
      errorClass: 'refused',
      message: `This agent speaks version ${request.protocolVersion} of the protocol; this coordinator speaks ${PROTOCOL_VERSION}.`,
      fix: `Install version ${PRODUCT_VERSION} of consilium-site, or update the coordinator.`,
    });
  return hashTokenSecret(request.tokenSecret);
}

/**
 * Checks a join request for the site that its token was made for: lengths, the certificate request's own signature,
 * and the `join` statement under the identity key that is being introduced.
 * @throws ConsiliumError JOIN_INVALID, CSR_INVALID, SIGNATURE_INVALID
 */
export async function checkJoinRequest(site: SiteName, request: JoinRequest): Promise<CheckedJoin> {
  const form = Form.safeParse(request);
  if (!form.success)
    throw new ConsiliumError({
      code: 'JOIN_INVALID',
      errorClass: 'usage',
      message: `The join request is malformed: ${form.error.issues[0]?.path.join('.') ?? 'request'}.`,
      fix: 'Join with consilium-site of the same version as the coordinator.',
    });
  const { csr, identityKey, sealingKey, signature, agentVersion } = form.data;
  await checkCsr(csr);
  const statement = joinStatement(site, { csr, identityKey, sealingKey });
  verifyStatement('join', statementJson('join', statement), signature, identityKey);
  const keys = { csr: Buffer.from(csr), identityKey: Buffer.from(identityKey), sealingKey: Buffer.from(sealingKey), agentVersion };
  return { keys, keysHash: sha256Hex(statementJson('join', statement)) };
}

const ANEW = "Ask the coordinator's admin for a new token (consilium site invite NAME).";

/**
 * A token that still works. One that is bound to keys works for them after it has expired, so that a site which lost
 * an answer, or waits long for its admission, gets it.
 * @throws ConsiliumError TOKEN_UNKNOWN, TOKEN_EXPIRED
 */
export function usableToken(token: JoinTokenRow | undefined, now: Date): JoinTokenRow {
  if (!token)
    throw refuse(
      'TOKEN_UNKNOWN',
      'This coordinator knows no such join token; it may belong to another one, or be replaced by a newer one.',
    );
  if (token.keys_hash === null && token.expires_at <= now) throw refuse('TOKEN_EXPIRED', 'This join token has expired.');
  return token;
}

/** Other keys were first. */
export function tokenUsed(): ConsiliumError {
  return refuse('TOKEN_USED', 'This join token has already been used with other keys.');
}

function refuse(code: string, message: string): ConsiliumError {
  return new ConsiliumError({ code, errorClass: 'forbidden', message, fix: ANEW });
}
