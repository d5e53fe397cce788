import { setTimeout as pause } from 'node:timers/promises';
import { CoordinatorAddress, fetchAuthenticatedCa, fingerprintWords, memberWords, type JoinToken } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { JoinRequest, JoinResponse } from '@consilium/protocol/wire';
import type { SiteConfig } from '../config/index.js';
import { call, openConnection, retryDelays, type Connection } from '../connection/index.js';
import { fetchRosters } from '../roster/index.js';
import { findMembership, forgetCountersignatures, saveMembership, type Membership, type SiteState } from '../state/index.js';
import { acceptAdmission } from './accept-admission.js';
import { dropRequest, joiningKeys, joinRequest, settleKeys } from './own-request.js';

/** What people compare by phone, eight words each. */
export interface JoinWords {
  readonly consortiumWords: string;
  readonly siteWords: string;
}

export interface JoinOptions {
  /** Makes new keys in place of those that the site has: they were lost or stolen, and the site was revoked. */
  readonly newKeys: boolean;
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
 * Makes this site a member, or renews the membership of one whose certificate has expired or whose keys are to be
 * replaced. The coordinator proves itself by the hash in the token before the token's secret is sent; keys are made
 * here; the certificate and the roster are checked before they are kept. Ended at any point, it goes on from there
 * when it is run again. None of the roster's keys counts here before somebody has confirmed it.
 * @throws ConsiliumError ALREADY_JOINED (another consortium, or a token that has done its work), COORDINATOR_UNREACHABLE, CA_MISMATCH, TOKEN_* and KEYS_DIFFER
 *   from the coordinator, NOT_ADMITTED (exit 7), ADMISSION_INVALID, ROSTER_CHAIN
 */
export async function joinConsortium(state: SiteState, config: SiteConfig, token: JoinToken, options: JoinOptions): Promise<Membership> {
  const before = findMembership(state);
  const deadline = Date.now() + options.timeoutMs;
  const { host, port } = CoordinatorAddress.parse(token.coordinator);
  const timeoutMs = Math.min(FIRST_CONTACT_MS, options.timeoutMs);
  const caPem = await fetchAuthenticatedCa({ host, port, caSpkiSha256: token.caSpkiSha256, timeoutMs });

  const joining = await joiningKeys(state, config, options.newKeys);
  const { keys } = joining;
  const request = await joinRequest(config.site, joining, token.secret);
  const siteWords = memberWords({ identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey });
  options.onWords({ consortiumWords: fingerprintWords(Buffer.from(token.caSpkiSha256, 'hex')), siteWords });

  const { coordinator } = token;
  const stranger = openConnection(state, { coordinator, caPem });
  const response = await untilAdmitted(stranger, request, deadline, options)
    .catch((error: unknown) => {
      // The command run once more, with the token that made it a member.
      throw before && error instanceof ConsiliumError && error.code === 'TOKEN_USED' ? alreadyJoined(before) : error;
    })
    .finally(() => stranger.close());
  const { consortium, ...accepted } = acceptAdmission(response, config.site, keys, caPem);
  if (before && before.consortium !== consortium) throw alreadyJoined(before);

  const { transportKeyPem } = keys;
  const client = { certificatePem: accepted.certificatePem, transportKeyPem };
  const member = openConnection(state, { coordinator, caPem: accepted.caPem, client });
  const self = { consortium, site: config.site, keys };
  await fetchRosters(state, member, self, { signal: options.signal }).finally(() => member.close());
  const joinedAt = before?.joinedAt ?? new Date().toISOString();
  const membership = { consortium, site: config.site, coordinator, ...accepted, joinedAt };
  settleKeys(state, joining, new Date());
  state.transaction(() => {
    if (options.newKeys) forgetCountersignatures(state);
    saveMembership(state, membership);
  });
  dropRequest(state);
  return membership;
}

function alreadyJoined({ consortium, site }: Membership): ConsiliumError {
  return new ConsiliumError({
    code: 'ALREADY_JOINED',
    errorClass: 'usage',
    message: `This site is already a member of ${consortium}, as ${site}.`,
    fix: 'Start it with: consilium-site run. To join another consortium, use another state directory; where the certificate has expired or the site was revoked, ask the admin for a new token (consilium site invite NAME).',
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
