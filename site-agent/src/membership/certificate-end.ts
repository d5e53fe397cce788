import { certificateLife } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { findMembership, type SiteState } from '../state/index.js';

/** A certificate renews at two thirds of its life; one that has less than this left has failed to. */
export const WARN_BEFORE_MS = 14 * 86_400_000;

/** A sentence where a certificate ends soon and has not been renewed; undefined where all is well. */
export function certificateWarning(endsAt: Date, now: Date): string | undefined {
  const left = endsAt.getTime() - now.getTime();
  if (left > WARN_BEFORE_MS) return undefined;
  return left <= 0
    ? `it expired on ${endsAt.toISOString()}; ${REJOIN}`
    : `it ends on ${endsAt.toISOString()} and has not been renewed; the running agent renews it when it reaches the coordinator`;
}

const REJOIN = "ask the coordinator's admin for a token (consilium site invite NAME), then run: consilium-site join --token-file FILE";

/** What a refused call means at a site whose certificate has run out: no try can succeed any more. */
export function certificateExpired(endsAt: Date): ConsiliumError {
  return new ConsiliumError({
    code: 'CERTIFICATE_EXPIRED',
    errorClass: 'forbidden',
    message: `This site's certificate expired on ${endsAt.toISOString()}, and the coordinator accepts it no more.`,
    fix: `Keys and approvals are unharmed: ${REJOIN}`,
  });
}

/**
 * A clearer reason for an error, where the coordinator has refused a certificate that has run out. By the clock alone
 * nothing is refused: it may be wrong.
 */
export function explainRefusedCertificate(state: SiteState, error: unknown, now: Date): unknown {
  const membership = findMembership(state);
  if (!membership || !(error instanceof ConsiliumError) || error.code !== 'CERTIFICATE_REFUSED') return error;
  const { endsAt } = certificateLife(membership.certificatePem);
  return endsAt <= now ? certificateExpired(endsAt) : error;
}
