#!/usr/bin/env node
import type { Consortium } from './consortium/consortium.js';
import { makeWorkspace } from './consortium/workspace.js';
import { parseOptions, USAGE } from './options.js';
import { endWith } from './report/end-with.js';
import { interruption } from './report/interruption.js';
import { ProgressLine } from './report/progress-line.js';
import { renderResult, resultJson } from './report/table.js';
import { runDemo } from './run-demo.js';

/** Runs the demo and leaves nothing behind, however it ends. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const interrupt = interruption();
  let consortium: Consortium | undefined;
  const workspace = await makeWorkspace();
  const progress = new ProgressLine(options.json ? process.stderr : process.stdout, '');
  let kept = false;
  const interrupted = new Promise<never>((_, reject) => {
    interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason as Error));
  });
  try {
    const demo = runDemo({
      options,
      directory: workspace.directory,
      progress,
      signal: interrupt.signal,
      started: (running) => (consortium = running),
    });
    const result = await Promise.race([demo, interrupted]);
    progress.end();
    process.stdout.write(`${options.json ? '' : `\n${renderResult(result)}\n`}`);
    if (options.json) process.stdout.write(`${resultJson(result)}\n`);
    if (options.keep && consortium) {
      kept = true;
      await keepRunning(consortium, interrupt.signal);
    }
    return result.sumsExact && result.privacy?.ledgersVerified !== false ? 0 : 6;
  } catch (error) {
    progress.end();
    if (interrupt.signal.aborted) return kept ? 0 : 130;
    throw error;
  } finally {
    await consortium?.stop();
    await workspace.remove();
  }
}

async function keepRunning(consortium: Consortium, signal: AbortSignal): Promise<void> {
  process.stderr.write(
    `\nStill running until Ctrl-C.\n  console    ${consortium.url}\n  API        ${consortium.url}/api/v1 (token in ${consortium.coordinatorState}/admin.token)\n  directory  ${consortium.plan.directory} (logs, configuration, each site's state)\n`,
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

endWith(main(process.argv.slice(2)), 'The demo');
