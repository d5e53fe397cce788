import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConsiliumError, parseValue, parseYaml } from '@consilium/protocol';
import { INIT_QUESTIONS, InitAnswers, initSite } from '../../join/index.js';
import { ask } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands } from '../command-frame.js';
import { newConfigFile } from '../workplace.js';

type Answers = Partial<Record<keyof InitAnswers, string | boolean>>;
type Options = Answers & { readonly from?: string };

export const addInit: AddCommands = (program, frame) => {
  program
    .command('init')
    .description('write site.yaml and make the state directory')
    .option('--from <file>', 'answers in YAML: site, coordinator, state, cohort, data, patientId, public, metrics')
    .option('--site <name>', 'name of this site')
    .option('--coordinator <host:port>', 'address of the coordinator')
    .option('--state <dir>', 'the only directory that the agent writes to')
    .option('--cohort <name>', 'name of the first cohort')
    .option('--data <pattern>', 'its CSV files')
    .option('--patient-id <column>', 'column that tells patients apart')
    .option('--public', 'the cohort is public data')
    .option('--metrics <host:port>', 'serve metrics for Prometheus')
    .action(
      frame('init', async ({ io, globals, options }: { io: CliIo; globals: { config?: string }; options: Options }) => {
        const file = newConfigFile(globals.config, io);
        const { from, ...flags } = options;
        const given: Answers = { ...(from === undefined ? {} : readAnswers(resolve(io.cwd, from))), ...flags };
        const answers = await complete(io, given);
        const config = initSite(file, answers);
        return {
          data: { file: config.file, state: config.state },
          text: `Wrote ${config.file} and made ${config.state}.\nNext: consilium-site join --token-file FILE`,
        };
      }),
    );
};

function readAnswers(path: string): Answers {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConsiliumError({
      code: 'ANSWERS_UNREADABLE',
      errorClass: 'usage',
      message: 'The file of answers cannot be read.',
      fix: 'Check the path given to --from.',
      cause,
    });
  }
  return parseYaml(text, InitAnswers.partial(), 'file of answers');
}

/** Asks a person for what is missing. @throws ConsiliumError ANSWER_MISSING where nobody can be asked */
async function complete(io: CliIo, given: Answers): Promise<InitAnswers> {
  const answers: Answers = { ...given };
  if (io.interactive)
    for (const { answer, question, example } of INIT_QUESTIONS) {
      if (answers[answer] !== undefined || (answer !== 'cohort' && answer in { data: 0, patientId: 0 } && answers.cohort === undefined))
        continue;
      const typed = await ask(io, `${question} (for example ${example})`);
      if (typed !== '') answers[answer] = typed;
    }
  for (const needed of ['site', 'coordinator'] as const)
    if (answers[needed] === undefined)
      throw new ConsiliumError({
        code: 'ANSWER_MISSING',
        errorClass: 'usage',
        message: `The answer "${needed}" is missing.`,
        fix: `Give --${needed}, or put it into the file of --from.`,
      });
  return parseValue(answers, InitAnswers, 'answers');
}
