import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { CoordinatorAddress, fetchAuthenticatedCa, fingerprintWords, memberWords, type JoinToken } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { JoinRequest, JoinResponse } from '@consilium/protocol/wire';
import type { SiteConfig } from '../config/index.js';
import { call, openConnection, retryDelays, type Connection } from '../connection/index.js';
import { findMembership, saveMembership, storedRoster, type Membership, type SiteState } from '../state/index.js';
import { acceptAdmission, acceptRoster } from './accept-admission.js';
import { ownJoinRequest, ownKeys } from './own-request.js';

/** What people compare by phone, eight words each. */
export interface JoinWords {
  readonly consortiumWords: string;
  readonly siteWords: string;
}

export interface JoinOptions {
  /** For everything, the wait for the admin included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once, before anything secret is sent. */
  readonly onWords: (words: JoinWords) => void;
  /** Called once, when the coordinator has the keys and an admin has to admit the site. */
  readonly onWaiting: () => void;
}

/** A limit on how long the first handshakes may take. */
const FIRST_CONTACT_MS = 15_000;

/**
 * Makes this site a member. The coordinator proves itself by the hash in the token before the token's secret is
 * sent; keys are made here; the certificate and the roster are checked before they are kept. Ended at any point, it
 * goes on from there when it is run again.
 * @throws ConsiliumError ALREADY_JOINED, COORDINATOR_UNREACHABLE, CA_MISMATCH, TOKEN_* from the coordinator, NOT_ADMITTED (exit 7), ADMISSION_INVALID
 */
export async function joinConsortium(state: SiteState, config: SiteConfig, token: JoinToken, options: JoinOptions): Promise<Membership> {
  refuseTwice(state);
  const deadline = Date.now() + options.timeoutMs;
  const { host, port } = CoordinatorAddress.parse(token.coordinator);
  const timeoutMs = Math.min(FIRST_CONTACT_MS, options.timeoutMs);
  const caPem = await fetchAuthenticatedCa({ host, port, caSpkiSha256: token.caSpkiSha256, timeoutMs });

  const keys = await ownKeys(state, config);
  const request = await ownJoinRequest(state, config.site, keys, token.secret);
  const siteWords = memberWords({ identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey });
  options.onWords({ consortiumWords: fingerprintWords(Buffer.from(token.caSpkiSha256, 'hex')), siteWords });

  const { coordinator } = token;
  const stranger = openConnection(state, { coordinator, caPem });
  const response = await untilAdmitted(stranger, request, deadline, options).finally(() => stranger.close());
  const { consortium, certificatePem } = acceptAdmission(response, config.site, keys, caPem);

  const member = openConnection(state, { coordinator, caPem, client: { certificatePem, transportKeyPem: keys.transportKeyPem } });
  const answer = await call(member.roster.get, {}, { signal: options.signal }).finally(() => member.close());
  const roster = storedRoster(acceptRoster(answer, consortium, config.site, keys));
  const membership = { consortium, site: config.site, coordinator, caPem, certificatePem, roster, joinedAt: new Date().toISOString() };
  saveMembership(state, membership);
  rmSync(state.layout.joinRequest, { force: true });
  return membership;
}

function refuseTwice(state: SiteState): void {
  const membership = findMembership(state);
  if (membership !== undefined)
    throw new ConsiliumError({
      code: 'ALREADY_JOINED',
      errorClass: 'usage',
      message: `This site is already a member of ${membership.consortium}, as ${membership.site}.`,
      fix: 'Start it with: consilium-site run. To join another consortium, use another state directory.',
    });
}

/** Asks again until an admin has admitted the site. A coordinator that goes away while waiting may come back. */
async function untilAdmitted(connection: Connection, request: JoinRequest, deadline: number, options: JoinOptions): Promise<JoinResponse> {
  const waits = retryDelays({ firstMs: 250, maxMs: 5_000 });
  for (let waiting = false; ;) {
    options.signal.throwIfAborted();
    try {
      const limits = { timeoutMs: Math.max(1, Math.min(30_000, deadline - Date.now())), signal: options.signal };
      const response = await call(connection.enrolment.join, request, limits);
      if (!response.pending) return response;
      if (!waiting) options.onWaiting();
      waiting = true;
    } catch (error) {
      const gone = error instanceof ConsiliumError && (error.errorClass === 'unreachable' || error.errorClass === 'timeout');
      if (!waiting || !gone) throw error;
    }
    const wait = waits.next().value;
    if (Date.now() + wait >= deadline) throw notAdmitted();
    await pause(wait, undefined, { signal: options.signal });
  }
}

const notAdmitted = () =>
  new ConsiliumError({
    code: 'NOT_ADMITTED',
    errorClass: 'timeout',
    message: 'The site has not been admitted yet.',
    fix: "Ask the coordinator's admin to run: consilium site admit NAME; then run the same join command again.",
  });
