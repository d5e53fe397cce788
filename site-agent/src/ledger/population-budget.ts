import type { SiteName } from '@consilium/protocol';

/** What `site.yaml` says of a population's budget. */
export interface PopulationBudget {
  readonly epsilonLimit: number;
  /** Fixed when the ledger is made. */
  readonly delta: number;
  /** Whether the site explicitly takes a delta above min(1e-5, 1/(10·n̂)). */
  readonly largerDelta: boolean;
  /** Who cosigns; without it the other sites of the first study over the population. Fixed when the ledger is made. */
  readonly witnesses?: readonly SiteName[];
}
