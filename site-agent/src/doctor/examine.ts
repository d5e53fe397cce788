import type { JoinToken } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { loadKeys } from '../keys/index.js';
import { findMembership, openState, type SiteState } from '../state/index.js';
import { coordinatorChecks } from './checks/coordinator.js';
import { dataChecks, type Rights } from './checks/data.js';
import { fileChecks } from './checks/files.js';
import { ledgerChecks } from './checks/ledgers.js';
import { machineChecks, type EngineProbe } from './checks/machine.js';
import { networkChecks, pinnedRoots } from './checks/network.js';
import { stateDiskChecks } from './checks/state-disk.js';
import type { Check, CheckGroup, Finding } from './finding.js';
import { runChecks } from './run-checks.js';

export interface Examination {
  readonly config: SiteConfig;
  readonly groups: ReadonlySet<CheckGroup>;
  readonly engine: EngineProbe;
  /** Of a site that has not joined yet: it says which root is right. */
  readonly token?: JoinToken | undefined;
  readonly now?: Date;
  readonly rights?: Rights;
  readonly limitMs?: number;
}

/** Looks at everything that was asked for. A state that cannot be opened is a finding, and what needs it is left out. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const state = openedState(examination.config);
  try {
    return await runChecks(checksOf(examination, state), examination.limitMs);
  } finally {
    state?.close();
  }
}

function openedState({ state, keyFiles }: SiteConfig): SiteState | undefined {
  try {
    return openState(state, keyFiles);
  } catch (error) {
    // The check of modes says what is wrong with it, and how to repair it.
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}

function checksOf(
  { config, groups, engine, token, now = new Date(), rights }: Examination,
  state: SiteState | undefined,
): readonly Check[] {
  const membership = state && findMembership(state);
  const pinned = token ? [token.caSpkiSha256] : membership ? pinnedRoots(membership.caPem) : [];
  const { coordinator } = token ?? config;
  const all = [
    ...networkChecks({ coordinator, pinned }),
    ...(state ? coordinatorChecks({ state, coordinator, keys: () => loadKeys(state, config), now }) : []),
    ...fileChecks(config),
    ...(state ? stateDiskChecks(config.state) : []),
    ...dataChecks(config, state, rights),
    ...(state ? ledgerChecks(state) : []),
    ...machineChecks(config, state, engine),
  ];
  return all.filter(({ group }) => groups.has(group));
}
