import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig, type SiteConfig } from '../config/index.js';
import { connect } from '../connection/index.js';
import type { MemberWork } from '../decisions/index.js';
import { explainRefusedCertificate } from '../membership/index.js';
import { loadKeys } from '../keys/index.js';
import { openState, type SiteState } from '../state/index.js';
import type { CliIo } from './cli-io.js';

const SYSTEM_CONFIG = '/etc/consilium/site.yaml';

/** Where `site.yaml` is: as named, else in the working directory, else the system's. */
export function configFile(named: string | undefined, { cwd }: Pick<CliIo, 'cwd'>): string {
  if (named !== undefined) return resolve(cwd, named);
  const here = resolve(cwd, 'site.yaml');
  return existsSync(here) ? here : SYSTEM_CONFIG;
}

/** Where `init` writes without `--config`: root sets up the machine, anybody else the working directory. */
export function newConfigFile(named: string | undefined, { cwd, uid }: Pick<CliIo, 'cwd' | 'uid'>): string {
  return named === undefined && uid === 0 ? SYSTEM_CONFIG : resolve(cwd, named ?? 'site.yaml');
}

/** Runs `work` on the state that a configuration names, and closes it. */
export async function withState<T>(file: string, work: (state: SiteState, config: SiteConfig) => T | Promise<T>): Promise<T> {
  const config = loadConfig(file);
  const state = openState(config.state, config.keyFiles);
  try {
    return await work(state, config);
  } finally {
    state.close();
  }
}

/** Runs `work` as a member, with a connection that opens on its first call. */
export async function asMember<T>(file: string, work: (member: MemberWork) => Promise<T>): Promise<T> {
  return withState(file, async (state, config) => {
    const keys = await loadKeys(state, config);
    const connection = connect(state, keys, { coordinator: config.coordinator });
    try {
      return await work({ state, config, keys, connection });
    } catch (error) {
      throw explainRefusedCertificate(state, error, new Date());
    } finally {
      connection.close();
    }
  });
}
