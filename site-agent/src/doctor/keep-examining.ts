import type { SiteConfig } from '../config/index.js';
import { recordedEngine, type SiteState } from '../state/index.js';
import { dataChecks } from './checks/data.js';
import { fileChecks } from './checks/files.js';
import { ledgerChecks } from './checks/ledgers.js';
import { machineChecks } from './checks/machine.js';
import { stateDiskChecks } from './checks/state-disk.js';
import type { Check } from './finding.js';
import { runChecks } from './run-checks.js';

const EVERY_MS = 3_600_000;

export interface KeptExamination {
  readonly config: SiteConfig;
  readonly state: SiteState;
  /** Hears each check that was made: fine, or not. A warning is fine. */
  readonly found: (check: string, fine: boolean) => void;
  readonly everyMs?: number;
}

/**
 * The doctor's checks that cost little and send nothing, at the start and every hour, for the metrics of a running agent: not
 * the network, which the agent uses anyway, and not the contents of cohorts. @returns what ends it
 */
export function keepExamining({ config, state, found, everyMs = EVERY_MS }: KeptExamination): () => void {
  let over = false;
  const examine = async (): Promise<void> => {
    for (const { check, result } of await runChecks(cheapChecks(config, state)))
      if (!over && result !== 'not run') found(check, result !== 'fail');
  };
  void examine();
  const timer = setInterval(() => void examine(), everyMs);
  return () => {
    over = true;
    clearInterval(timer);
  };
}

function cheapChecks(config: SiteConfig, state: SiteState): readonly Check[] {
  // What was chosen at the start; to try engines again would take their memory.
  const engine = () => Promise.resolve(recordedEngine(state) ?? { name: config.engine, why: 'the agent has not chosen yet' });
  const files = dataChecks(config, state).filter(({ name }) => name.startsWith('data'));
  return [
    ...fileChecks(config),
    ...stateDiskChecks(config.state),
    ...files,
    ...ledgerChecks(state),
    ...machineChecks(config, state, engine),
  ];
}
