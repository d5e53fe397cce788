import type { ChosenEngine } from '@consilium/learning';
import type { Logger } from 'pino';
import type { SiteConfig } from '../config/index.js';
import { Bench } from './bench.js';
import { processLimits } from './process-limits.js';
import { processRunner } from './process-runner.js';
import { threadEngine } from './site-engine.js';
import { threadRunner } from './thread-runner.js';
import { Workbench } from './workbench.js';

/** Longer than a study is quiet between two rounds; its rows are then read again. */
const IDLE_MS = 600_000;

/** The workbench of a running agent, within the limits of its site.yaml. */
export function siteWorkbench(config: SiteConfig, engine: ChosenEngine, log: Logger): Workbench {
  const limits = processLimits(config);
  const { longestMs } = limits;
  const training = new Bench(processRunner(threadEngine(config, engine), limits), {
    idleMs: IDLE_MS,
    ...(longestMs === undefined ? {} : { longestMs }),
  });
  return new Workbench({ training, sealing: new Bench(threadRunner()) }, (halvings) =>
    log.warn({ halvings }, "a batch does not fit the engine's memory and is taken in halves; the model is the same"),
  );
}
