import type { ResolvedStudy, SiteName } from '@consilium/protocol';
import { shareGraph, type ShareGraph } from '@consilium/sealed-sum/fold';

/** Who holds whose shares in a block. @param members - U1 */
export function shareGraphOf({ derived: { thresholds } }: ResolvedStudy, members: readonly SiteName[]): ShareGraph {
  return shareGraph(members, { colluders: thresholds.c, threshold: thresholds.t, seed: Buffer.alloc(32) });
}
