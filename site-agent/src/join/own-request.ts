import { existsSync, readFileSync } from 'node:fs';
import { createCsr, createSiteKeys, signStatement, type SiteKeys } from '@consilium/identity';
import { joinStatement, PRODUCT_VERSION, PROTOCOL_VERSION, type SiteName } from '@consilium/protocol';
import type { JoinRequest } from '@consilium/protocol/wire';
import type { SiteConfig } from '../config/index.js';
import { loadKeys } from '../keys/index.js';
import { writePrivateFile, type SiteState } from '../state/index.js';

/** The site's keys: those that an earlier, unfinished `join` made, or new ones. They are made here and stay here. */
export async function ownKeys(state: SiteState, config: Pick<SiteConfig, 'keyFiles'>): Promise<SiteKeys> {
  return existsSync(state.layout.siteKeys) ? loadKeys(state, config) : createSiteKeys(state.layout.siteKeys);
}

/**
 * What the site sends to join. The certificate request is made once and kept until the site has joined, because an
 * ECDSA signature differs each time and a token is bound to the first request that it comes with.
 */
export async function ownJoinRequest(state: SiteState, site: SiteName, keys: SiteKeys, tokenSecret: string): Promise<JoinRequest> {
  const path = state.layout.joinRequest;
  if (!existsSync(path)) writePrivateFile(path, await createCsr(keys.transportKeyPem));
  const publicParts = { csr: readFileSync(path), identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey };
  const { signature } = signStatement('join', joinStatement(site, publicParts), keys.identityKey);
  return { tokenSecret, ...publicParts, signature, agentVersion: PRODUCT_VERSION, protocolVersion: PROTOCOL_VERSION };
}
