import { totalmem } from 'node:os';
import { ConsiliumError, type ResolvedStudy } from '@consilium/protocol';
import { readStoredStudy } from '../../approval/index.js';
import type { SiteConfig } from '../../config/index.js';
import { listStudies, type SiteState } from '../../state/index.js';
import { fail, ok, type Check, type Found } from '../finding.js';

const MIB = 2 ** 20;
/** What `resources.memory` may be at least: an agent with a small model. */
const BASE = 256 * MIB;
/** A rough bound for what one parameter takes while it is trained and sealed: three float64 states, lanes, ciphertext, copies. */
const BYTES_A_PARAMETER = 64;

export interface MachineFacts {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

const ownMachine = (): MachineFacts => {
  const limit = process.constrainedMemory();
  return { totalBytes: limit > 0 && limit < totalmem() ? limit : totalmem(), availableBytes: process.availableMemory() };
};

/** What the training engine is; loading one takes seconds, so the caller says how. */
export type EngineProbe = () => Promise<{ readonly name: string; readonly version?: string | undefined; readonly why: string }>;

export function machineChecks(
  config: SiteConfig,
  state: SiteState | undefined,
  engine: EngineProbe,
  facts: () => MachineFacts = ownMachine,
): readonly Check[] {
  return [
    { name: 'memory', group: 'site', look: () => memory(config, state, facts()) },
    { name: 'engine', group: 'site', look: () => engineFound(engine) },
  ];
}

function memory({ memoryBytes }: SiteConfig, state: SiteState | undefined, { totalBytes, availableBytes }: MachineFacts): Found {
  const mib = (bytes: number) => `${Math.floor(bytes / MIB)} MiB`;
  if (memoryBytes !== undefined && memoryBytes > totalBytes)
    return fail(
      'RESOURCES',
      `resources.memory is ${mib(memoryBytes)}, and this machine has ${mib(totalBytes)}`,
      'Lower resources.memory in site.yaml.',
      'site IT',
    );
  const largest = state === undefined ? 0 : Math.max(0, ...parametersOf(state));
  const needed = BASE + largest * BYTES_A_PARAMETER;
  const evidence = `${mib(availableBytes)} available, about ${mib(needed)} needed${largest === 0 ? '' : ` for the largest study here, ${largest} parameters`}`;
  return availableBytes < needed
    ? fail('RESOURCES', evidence, 'Give the machine more memory, or end what else runs on it.', 'site IT')
    : ok(evidence);
}

function parametersOf(state: SiteState): readonly number[] {
  return listStudies(state).flatMap((stored) => {
    const study = known(() => readStoredStudy(stored));
    return study ? [study.derived.parameterCount] : [];
  });
}

function known(read: () => ResolvedStudy): ResolvedStudy | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

async function engineFound(engine: EngineProbe): Promise<Found> {
  try {
    const { name, version, why } = await engine();
    return ok(`${name}${version === undefined ? '' : ` ${version}`}: ${why}`);
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error;
    return fail(error.code, error.message, error.fix, 'site IT');
  }
}
