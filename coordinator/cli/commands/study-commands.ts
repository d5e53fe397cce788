import type { Command } from 'commander';
import { ConsiliumError, StudyName } from '@consilium/protocol';
import type { StudyCheck } from '../../src/http/study-views.js';
import type { ApiClient } from '../api-client.js';
import { checkStudy, checkStudyFile, readStudyFile, studyFigures, type CheckedStudy } from '../check-study.js';
import { describeBudgets, describeFit, describeFigures, describeStudies, describeStudy } from '../describe-study.js';
import { knownBudgets } from '../known-budgets.js';
import { studyWish, type WishOptions } from '../study-wish.js';
import type { Terminal } from '../terminal.js';
import { STUDY_TEMPLATES } from '../templates/study-templates.js';
import { watchStudy } from '../watch-study.js';
import { writeNewFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function studyCommands(program: Command, run: Run): void {
  const study = program.command('study').description('what is learned, from whom, and how');

  run<{ template: string; output?: string }>(
    study
      .command('new')
      .description('write a study file to start from')
      .argument('<name>')
      .option('--template <name>', Object.keys(STUDY_TEMPLATES).join(', '), 'tabular-logistic')
      .option('-o, --output <file>', 'default: NAME.yaml'),
    async (_, [name = ''], { template, output = `${name}.yaml` }) => {
      if (!StudyName.safeParse(name).success)
        throw usage('INVALID_NAME', 'A study name is 1 to 40 lower-case letters, digits and hyphens.', 'Choose a name such as heart-lr.');
      const text = Object.hasOwn(STUDY_TEMPLATES, template) ? STUDY_TEMPLATES[template]?.(name) : undefined;
      if (text === undefined)
        throw usage('TEMPLATE_UNKNOWN', 'There is no such template.', `Choose one of: ${Object.keys(STUDY_TEMPLATES).join(', ')}.`);
      await writeNewFile(output, text, 0o644);
      return { data: { file: output, template }, text: `${output} written.`, next: `edit it, then consilium study check ${output}` };
    },
  );

  run<WishOptions>(
    study
      .command('check')
      .description('what a study file comes to, and which sites could run it; finds the noise or the rounds for an epsilon')
      .argument('<file>')
      .option('--epsilon <epsilon>', 'what it may cost one patient at most; finds the noise for it')
      .option('--for <what>', 'noise or rounds: what to find; without --epsilon for privacy.epsilonMax and the known limits')
      .option('--rounds <number>', 'as if algorithm.rounds were this')
      .option('--population-limit <epsilon>', "as if a site's population had this limit, and nothing of it were used"),
    async ({ api, terminal }, [file = ''], options) => {
      const wish = studyWish(options);
      const written = await readStudyFile(file);
      const ledgers = await ifThere(terminal, 'Which sites could run it, and what is left of their budgets,', () => api.ledgers());
      const checked = await checkStudy(written, wish, knownBudgets(written.file, ledgers?.items ?? [], wish.populationLimit));
      const figures = studyFigures(checked);
      const sites = ledgers === undefined ? undefined : await sitesThatCould(api, checked);
      const budgets = figures.budgets.length === 0 ? [] : [describeBudgets(figures.budgets)];
      const text = [describeFigures(figures), ...budgets, ...(sites ? [describeFit(sites)] : [])].join('\n\n');
      const propose = `consilium study propose ${file}`;
      const next =
        checked.lines.length === 0
          ? propose
          : `write ${checked.lines.length === 1 ? 'that line' : 'those lines'} into ${file}, then ${propose}`;
      return { data: { ...figures, sites: sites ? [...sites] : null }, text, next };
    },
  );

  run(
    study.command('propose').description('ask the sites that a study names to approve it').argument('<file>'),
    async ({ api }, [file = '']) => {
      const checked = await checkStudyFile(file);
      const view = await api.propose(checked.yaml);
      if (view.hash !== checked.hash) throw otherVersion();
      const text = `${view.hash}\n${view.stateReason}`;
      return { data: view, text, next: `once approved: consilium study launch ${view.hash.slice(0, 8)} --watch` };
    },
  );

  run<{ watch?: boolean }>(
    study
      .command('launch')
      .description('start an approved study; with --watch, follow one that runs')
      .argument('<id>', 'hash, beginning of a hash, or name')
      .option('--watch', 'stay until the study is over'),
    async ({ api, terminal, untilMs }, [id = ''], { watch = false }) => {
      const launched = await api.launch(id);
      const short = launched.hash.slice(0, 8);
      if (!watch) return { data: launched, text: describeStudy(launched), next: `consilium study status ${short}` };
      const done = await watchStudy(api, launched.hash, terminal, untilMs);
      return { data: done, text: describeStudy(done), next: `consilium model get ${short} -o DIRECTORY` };
    },
    true,
  );

  run(
    study.command('status').description('one study, or all of them').argument('[id]', 'hash, beginning of a hash, or name'),
    async ({ api }, [id]) => {
      if (id !== undefined) {
        const view = await api.study(id);
        return { data: view, text: describeStudy(view) };
      }
      const { items } = await api.studies();
      return { data: { items }, text: describeStudies(items), next: items.length === 0 ? 'consilium study new NAME' : undefined };
    },
  );

  run(
    study.command('stop').description('end a study before its last round; it cannot be started again').argument('<id>'),
    async ({ api, terminal }, [id = '']) => {
      if (terminal.interactive) {
        const { name } = await api.study(id);
        if ((await terminal.ask(`A stopped study cannot go on. Type its name (${name}) to stop it: `)) !== name)
          throw new ConsiliumError({ code: 'NOT_CONFIRMED', errorClass: 'failed', message: 'Nothing was stopped.', fix: 'Type the name.' });
      }
      const view = await api.stop(id);
      return { data: view, text: `${view.name} (${view.hash.slice(0, 8)}): ${view.stateReason}` };
    },
  );

  run<{ without: string }>(
    study
      .command('continue')
      .description('let a study go on without a site that refused')
      .argument('<id>')
      .requiredOption('--without <site>', 'the site that refused'),
    async ({ api }, [id = ''], { without }) => {
      const view = await api.goOnWithout(id, without);
      return { data: view, text: describeStudy(view) };
    },
  );
}

async function sitesThatCould(api: ApiClient, { yaml, hash }: CheckedStudy): Promise<StudyCheck['sites']> {
  const check = await api.check(yaml);
  if (check.hash !== hash) throw otherVersion();
  return check.sites;
}

/** The coordinator knows sites and budgets; a study file can be checked without it. */
async function ifThere<T>(terminal: Terminal, what: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const away = error instanceof ConsiliumError && (error.errorClass === 'unreachable' || error.code === 'NOT_SIGNED_IN');
    if (!away) throw error;
    terminal.say(`${what} is not known: ${error.message}`);
    return undefined;
  }
}

function otherVersion(): ConsiliumError {
  return new ConsiliumError({
    code: 'INVALID_STUDY',
    errorClass: 'verification',
    message: 'The coordinator derives another study from this file than this command does.',
    fix: 'Use the same version of Consilium for both.',
  });
}

const usage = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'usage', message, fix });
