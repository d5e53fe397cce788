import { timingSafeEqual } from 'node:crypto';
import type { SiteName, StudyHash } from '@consilium/protocol';
import { SiteName as SiteNameSchema } from '@consilium/protocol';
import type { SignedState } from '@consilium/protocol/wire';
import type { VerifyStatement } from './study-members.js';

/** Which state a site wants to see agreed: after `round`, under the keys of `keyEpoch`. */
export interface WantedState {
  readonly consortium: string;
  readonly study: StudyHash;
  readonly keyEpoch: number;
  readonly round: number;
  /** HMAC of the site's own state of that round, 32 bytes. */
  readonly stateHmac: Uint8Array;
}

/**
 * The distinct sites whose signed state is valid and equals the wanted one (PROTOCOL.md section 4, step 2: a site
 * starts only if t of the relayed signatures equal its own state). What is of another round or epoch, signed wrongly,
 * or by no site of the study, does not count.
 */
export function sitesThatAgree(signed: readonly SignedState[], wanted: WantedState, verify: VerifyStatement): ReadonlySet<SiteName> {
  const agreeing = new Set<SiteName>();
  for (const { site, keyEpoch, round, attempt, stateHmac, signature } of signed) {
    const name = SiteNameSchema.safeParse(site);
    if (!name.success || keyEpoch !== wanted.keyEpoch || round !== wanted.round) continue;
    if (stateHmac.length !== wanted.stateHmac.length || !timingSafeEqual(stateHmac, wanted.stateHmac)) continue;
    const statement = {
      consortium: wanted.consortium,
      study: wanted.study,
      site: name.data,
      keyEpoch,
      round,
      attempt,
      stateHmac: Buffer.from(stateHmac).toString('hex'),
    };
    if (verify('state', name.data, statement, signature)) agreeing.add(name.data);
  }
  return agreeing;
}
