import type { SiteName } from '@consilium/protocol';

/** What the coordinator knows besides the study's own record, at one moment. */
export interface World {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly connected: ReadonlySet<SiteName>;
  /** Since when a site that is not connected has been silent, milliseconds since 1970. */
  readonly silentSince: (site: SiteName) => number;
  /** Sites that another study, launched earlier, occupies. */
  readonly busy: ReadonlySet<SiteName>;
  /** Bytes that the spool may still take; absent where nobody has looked. */
  readonly spoolRoom?: number | undefined;
}

/** A site without a sign of life for this long is lost, and no longer waited for where the study goes on without it. */
export const LOST_AFTER_MS = 15_000;
/** No wait is endless: a study that cannot go on for this long ends, and says for whom it waited. */
export const WAIT_LIMIT_MS = 7 * 86_400_000;

export function isLost(site: SiteName, world: World): boolean {
  return !world.connected.has(site) && world.now - world.silentSince(site) >= LOST_AFTER_MS;
}
