import type { SiteKeys } from '@consilium/identity';
import type { SiteConfig } from '../config/index.js';
import type { Connection } from '../connection/index.js';
import type { SiteState } from '../state/index.js';

/** What a decision of a member has at hand. */
export interface MemberWork {
  readonly state: SiteState;
  readonly config: SiteConfig;
  readonly keys: SiteKeys;
  readonly connection: Connection;
}
