import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { renderReport, type CohortReport, type ImageFinding } from '@consilium/cohort';
import { CohortSchema, ConsiliumError, parseYaml, StudyFile } from '@consilium/protocol';
import { z } from 'zod';
import { checkStudyCohort, ownPublicSize, readStoredStudy, refuseBadCohort } from '../../approval/index.js';
import { configuredCohort } from '../../config/index.js';
import { findOverlaps, overlapSentence } from '../../overlap/index.js';
import { listStudies, studyByPrefix, type SiteState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly study?: string; readonly files?: boolean };
}

export const addCohort: AddCommands = (program, frame) => {
  const cohort = program.command('cohort').description('the data of this site');
  cohort
    .command('check')
    .argument('<name>', 'a cohort of site.yaml')
    .description('schema, ranges, missing values; local only, nothing is sent')
    .option('--study <hash|file>', 'the study whose schema counts; without it, every study that was proposed for this cohort')
    .option('--files', 'names the image files that cannot be used, and why; for the site’s own staff')
    .action(
      frame('cohort check', ({ io, globals, options }: Context, name: string) =>
        withState(configFile(globals.config, io), async (state, config) => {
          configuredCohort(config, name);
          const schemas = options.study === undefined ? proposedSchemas(state, name) : [schemaOf(state, io, options.study)];
          const reports: CohortReport[] = [];
          const texts: string[] = [];
          const files: ImageFinding[] = [];
          for (const schema of schemas) {
            const found: ImageFinding[] = [];
            const report = await checkStudyCohort(state, config, name, schema, (finding) => found.push(finding));
            const named = options.files === true ? found : [];
            reports.push(report);
            files.push(...named);
            texts.push([renderReport(report).trimEnd(), ...sizeLine(report), ...fileLines(named)].join('\n'));
          }
          const text = texts.join('\n\n');
          const refused = reports.find((report) => !report.accepted);
          if (refused) {
            // The report is the result, on stdout as ever; the exit code is the refusal's.
            if (globals.json !== true) io.stdout.write(`${text}\n`);
            refuseBadCohort(refused);
          }
          const publicSizes = reports.map((report) => (report.accepted ? ownPublicSize(report) : null));
          // Only studies that count patients are refused for it: here it is said of every cohort, and refuses nothing.
          const overlaps = (await findOverlaps(state.layout, config, name)).map(overlapSentence);
          return {
            data: { cohort: name, reports, publicSizes, overlaps, ...(options.files === true ? { files } : {}) },
            text: [text, ...overlaps].join('\n'),
          };
        }),
      ),
    );
};

/** The one figure of the report that is meant to be handed on; a cohort that is refused has none. */
function sizeLine(report: CohortReport): readonly string[] {
  if (!report.accepted) return [];
  return [
    `Public size ${ownPublicSize(report)}: two digits of the number of training patients, for the researcher to write under sites.publicSizes.`,
  ];
}

/** Names of files, which are in no report: they are shown on request, here and nowhere else. */
function fileLines(files: readonly ImageFinding[]): readonly string[] {
  return files.map(({ name, detail }) => `file  ${name}  ${detail}`);
}

function schemaOf(state: SiteState, io: CliIo, study: string): CohortSchema {
  const file = resolve(io.cwd, study);
  return existsSync(file) ? draftCohort(readFileSync(file, 'utf8')) : readStoredStudy(studyByPrefix(state, study)).cohort;
}

const WithCohort = z.looseObject({ cohort: CohortSchema });

/** The cohort of a study file. It may lack public sizes: this command is where a researcher gets them from. */
function draftCohort(text: string): CohortSchema {
  try {
    return parseYaml(text, StudyFile, 'study file').cohort;
  } catch (error) {
    const problems = error instanceof ConsiliumError ? error.problems : [];
    if (problems.length === 0 || problems.some(({ path }) => path !== 'sites.publicSizes')) throw error;
    return parseYaml(text, WithCohort, 'study file').cohort;
  }
}

/** @throws ConsiliumError STUDY_NEEDED */
function proposedSchemas(state: SiteState, name: string): readonly CohortSchema[] {
  const schemas = listStudies(state)
    .map((stored) => readStoredStudy(stored).cohort)
    .filter((schema) => schema.name === name);
  if (schemas.length === 0)
    throw new ConsiliumError({
      code: 'STUDY_NEEDED',
      errorClass: 'usage',
      message: `No study for cohort ${name} has been proposed to this site, and types come from a study, never from the data.`,
      fix: `Name one: consilium-site cohort check ${name} --study FILE`,
    });
  return schemas;
}
