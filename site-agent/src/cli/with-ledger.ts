import { onLedger, type OnLedger } from '../decisions/index.js';
import type { CliIo } from './cli-io.js';
import type { GlobalOptions } from './command-frame.js';
import { configFile, withState } from './workplace.js';

/** The ledger of a population as it lies on disk. @throws ConsiliumError LEDGER_UNKNOWN, LEDGER_INVALID */
export function withLedger<T>(io: CliIo, globals: GlobalOptions, name: string, work: (at: OnLedger) => T | Promise<T>): Promise<T> {
  return withState(configFile(globals.config, io), async (state, config) => work(await onLedger(state, config, name)));
}
