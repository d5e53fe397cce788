import { X509Certificate } from 'node:crypto';
import { loadConfig, type SiteConfig } from '../../config/index.js';
import { keepExamining } from '../../doctor/index.js';
import { siteRefused } from '../../rounds/site-refused.js';
import { openState, readMembership, recordedEngine, type SiteState } from '../../state/index.js';
import { createLogger, createMetrics, serveMetrics, type LogLevel } from '../../telemetry/index.js';
import { Interrupted, type CliIo } from '../cli-io.js';
import type { AddCommands } from '../command-frame.js';
import { configFile } from '../workplace.js';

interface Options {
  readonly shadow?: boolean;
  readonly logLevel: LogLevel;
}

export const addRun: AddCommands = (program, frame) => {
  program
    .command('run')
    .description('run the agent until it is stopped; the log goes to stdout, one JSON object a line')
    .option('--shadow', 'keep the packed integers under state/shadow, to compare sums; only where every cohort is public')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .action(
      frame('run', async ({ io, globals, options }: { io: CliIo; globals: { config?: string }; options: Options }) => {
        const config = loadConfig(configFile(globals.config, io));
        const shadow = options.shadow === true;
        if (shadow && [...config.cohorts.values()].some((cohort) => !cohort.public)) throw siteRefused('SHADOW_NOT_PUBLIC');
        const state = openState(config.state, { ...config.keyFiles, exclusive: true });
        const metrics = createMetrics();
        try {
          const { certificatePem } = readMembership(state);
          metrics.certificateExpires(new X509Certificate(certificatePem).validToDate);
          const stops = [config.metrics === undefined ? () => undefined : await serveMetrics(config.metrics, metrics)];
          if (config.metrics !== undefined) stops.push(keepExamining({ config, state, found: metrics.doctor }));
          try {
            if (config.page !== undefined) stops.push(await servePage(config, config.page, state));
            const log = createLogger(io.stdout, options.logLevel);
            // The training engine is loaded by this command only.
            const { runAgent } = await import('../../session/run-agent.js');
            await runAgent({
              config,
              state,
              shadow,
              signal: io.signal,
              log,
              observer: metrics.observer,
              onRenewed: metrics.certificateExpires,
              onEngine: metrics.engine,
              onBudget: metrics.budget,
              onLedger: metrics.ledger,
              onStep: metrics.step,
              onTrained: metrics.trained,
            });
          } catch (error) {
            // Being told to stop is no failure.
            if (!io.signal.aborted) throw error;
          } finally {
            for (const stop of stops) stop();
          }
        } finally {
          state.close();
        }
        // The log has said everything; a service manager's stop is success, a keyboard's an interrupt.
        if (io.signal.reason instanceof Interrupted && io.signal.reason.by === 'SIGINT') throw io.signal.reason;
        return { data: undefined, text: '' };
      }),
    );
};

/** The page reads and decides as the commands do, so only its address and the engine that was chosen come from here. */
async function servePage({ site, file }: SiteConfig, listen: string, state: SiteState): Promise<() => void> {
  // Only an agent with a page loads it; what it imports imports the commands' own words.
  const { serveSitePage } = await import('../../page/serve-page.js');
  const engine = () => Promise.resolve(recordedEngine(state) ?? { name: 'auto', why: 'the agent has not chosen yet' });
  const { stop } = await serveSitePage({ site, listen, configFile: file, layout: state.layout, engine });
  return stop;
}
