import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createCsr, createSiteKeys, loadSiteKeys, signStatement, type SiteKeys } from '@consilium/identity';
import { joinStatement, PRODUCT_VERSION, PROTOCOL_VERSION, type SiteName } from '@consilium/protocol';
import type { JoinRequest } from '@consilium/protocol/wire';
import type { SiteConfig } from '../config/index.js';
import { syncDirectory, writePrivateFile, type SiteState } from '../state/index.js';

/** The keys that a `join` uses, and the directory that they lie in until it has ended. */
export interface JoiningKeys {
  readonly directory: string;
  readonly keys: SiteKeys;
}

/** The site's keys: those that are there, from an earlier `join` or an unfinished one, or new ones. They are made here and stay here. */
export async function joiningKeys(state: SiteState, config: Pick<SiteConfig, 'keyFiles'>, newKeys: boolean): Promise<JoiningKeys> {
  const directory = newKeys ? state.layout.newSiteKeys : state.layout.siteKeys;
  return { directory, keys: existsSync(directory) ? await loadSiteKeys(directory, config.keyFiles) : await createSiteKeys(directory) };
}

/**
 * What the site sends to join. The certificate request is made once and kept beside the keys until the site has joined,
 * because an ECDSA signature differs each time and a token is bound to the first request that it comes with.
 */
export async function joinRequest(site: SiteName, { directory, keys }: JoiningKeys, tokenSecret: string): Promise<JoinRequest> {
  const path = requestOf(directory);
  if (!existsSync(path)) writePrivateFile(path, await createCsr(keys.transportKeyPem));
  const publicParts = { csr: readFileSync(path), identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey };
  const { signature } = signStatement('join', joinStatement(site, publicParts), keys.identityKey);
  return { tokenSecret, ...publicParts, signature, agentVersion: PRODUCT_VERSION, protocolVersion: PROTOCOL_VERSION };
}

/**
 * The joining has ended: the keys are the site's. Those that they replace are kept beside them: the earlier identity key
 * hands the ledgers on to the new one, and is then deleted by the agent. Cut between the two renames, a `join` that is run
 * again goes on with the keys in `directory`.
 */
export function settleKeys({ layout }: SiteState, { directory }: JoiningKeys, now: Date): void {
  if (directory === layout.siteKeys) return;
  if (existsSync(layout.siteKeys)) renameSync(layout.siteKeys, `${layout.siteKeys}-until-${now.toISOString().replaceAll(':', '')}`);
  renameSync(directory, layout.siteKeys);
  syncDirectory(layout.keys);
}

/** Another token comes with another request. */
export function dropRequest({ layout }: SiteState): void {
  rmSync(requestOf(layout.siteKeys), { force: true });
}

const requestOf = (directory: string): string => join(directory, 'join.csr');
