import { loadSiteKeys, type SiteKeys } from '@consilium/identity';
import type { SiteConfig } from '../config/index.js';
import type { SiteState } from '../state/index.js';

/**
 * The site's three keys, unless somebody else could read them.
 * @throws ConsiliumError KEY_FILE_MODE, KEY_FILE_MISSING (before `join`), KEY_FILE_INVALID
 */
export function loadKeys(state: SiteState, config: Pick<SiteConfig, 'keyFiles'>): Promise<SiteKeys> {
  return loadSiteKeys(state.layout.siteKeys, config.keyFiles);
}
