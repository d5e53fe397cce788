#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import type { Consortium } from './consortium/consortium.js';
import { makeWorkspace } from './consortium/workspace.js';
import { endWith } from './report/end-with.js';
import { interruption } from './report/interruption.js';
import { ProgressLine } from './report/progress-line.js';
import { renderWorked, workedJson } from './studies/render-worked.js';
import { runWorkedStudy } from './studies/run-worked-study.js';
import { WORKED_STUDIES } from './studies/worked-studies.js';
import type { WorkedStudy } from './studies/worked-study.js';

const USAGE = `npm run study -- NAME [--seeds N] [--splits N] [--json]

Runs a study on public data in real processes, sealed, without privacy and at epsilon 3, and sets it beside published numbers.
The data are looked for in $CONSILIUM_DATA, then in ../shared/data.

${Array.from(WORKED_STUDIES.values(), ({ name, question }) => `  ${name.padEnd(18)} ${question}`).join('\n')}
`;

interface Asked {
  readonly worked: WorkedStudy;
  readonly seeds: number;
  readonly splits: number;
  readonly json: boolean;
}

const usage = (message: string): ConsiliumError =>
  new ConsiliumError({ code: 'USAGE', errorClass: 'usage', message, fix: 'npm run study -- --help shows how it is called.' });

function count(option: string, text: string, least: number): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < least) throw usage(`--${option} takes a whole number from ${least} to 999.`);
  return Number(text);
}

/** @returns undefined where help was asked for. @throws ConsiliumError USAGE */
function asked(args: readonly string[]): Asked | undefined {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seeds: { type: 'string', default: '5' },
        splits: { type: 'string', default: '10' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : 'The options could not be read.');
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  const worked = WORKED_STUDIES.get(positionals[0] ?? '');
  if (!worked || positionals.length > 1) throw usage(`Name one of the studies: ${[...WORKED_STUDIES.keys()].join(', ')}.`);
  return { worked, seeds: count('seeds', values.seeds, 1), splits: count('splits', values.splits, 0), json: values.json };
}

/** @returns the exit code: 0 also where the goal was not reached, which the table says */
async function main(args: readonly string[]): Promise<number> {
  const wanted = asked(args);
  if (!wanted) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { worked, seeds, splits, json } = wanted;
  const interrupt = interruption();
  let consortium: Consortium | undefined;
  const workspace = await makeWorkspace();
  const progress = new ProgressLine(json ? process.stderr : process.stdout, '');
  try {
    const result = await runWorkedStudy({
      worked,
      directory: workspace.directory,
      seeds,
      splits,
      progress,
      signal: interrupt.signal,
      started: (running) => (consortium = running),
    });
    process.stdout.write(json ? `${workedJson(worked, result)}\n` : `\n${renderWorked(worked, result)}\n`);
    return result.privacy.ledgersVerified ? 0 : 6;
  } catch (error) {
    progress.end();
    if (interrupt.signal.aborted) return 130;
    throw error;
  } finally {
    await consortium?.stop();
    await workspace.remove();
  }
}

endWith(main(process.argv.slice(2)), 'The study');
