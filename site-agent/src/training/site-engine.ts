import { chooseEngine, type ChosenEngine } from '@consilium/learning';
import type { Logger } from 'pino';
import type { SiteConfig } from '../config/index.js';
import { recordEngine, type SiteState } from '../state/index.js';
import type { ThreadEngine } from './jobs.js';

/**
 * Chooses what this agent trains on, says so in the log, and keeps it for `consilium-site status`.
 * @throws ConsiliumError ENGINE_UNAVAILABLE, ENGINE_WRONG where site.yaml names an engine that cannot be used
 */
export async function chooseSiteEngine(config: SiteConfig, state: SiteState, log: Logger): Promise<ChosenEngine> {
  const chosen = await chooseEngine(config.engine, config.threads === undefined ? {} : { threads: config.threads });
  recordEngine(state, chosen);
  log.info({ engine: chosen.name, version: chosen.version, reason: chosen.why }, 'training engine');
  return chosen;
}

export const threadEngine = ({ threads }: SiteConfig, { name }: ChosenEngine): ThreadEngine => ({
  engine: name,
  ...(threads === undefined ? {} : { threads }),
});
