import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { renderReport, type CohortReport } from '@consilium/cohort';
import { CohortSchema, ConsiliumError, parseYaml } from '@consilium/protocol';
import { z } from 'zod';
import { checkStudyCohort, ownPublicSize, readStoredStudy, refuseBadCohort } from '../../approval/index.js';
import { configuredCohort } from '../../config/index.js';
import { listStudies, studyByPrefix, type SiteState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly study?: string };
}

export const addCohort: AddCommands = (program, frame) => {
  const cohort = program.command('cohort').description('the data of this site');
  cohort
    .command('check')
    .argument('<name>', 'a cohort of site.yaml')
    .description('schema, ranges, missing values; local only, nothing is sent')
    .option('--study <hash|file>', 'the study whose schema counts; without it, every study that was proposed for this cohort')
    .action(
      frame('cohort check', ({ io, globals, options }: Context, name: string) =>
        withState(configFile(globals.config, io), async (state, config) => {
          configuredCohort(config, name);
          const schemas = options.study === undefined ? proposedSchemas(state, name) : [schemaOf(state, io, options.study)];
          const reports: CohortReport[] = [];
          for (const schema of schemas) reports.push(await checkStudyCohort(state, config, name, schema));
          const text = reports.map((report) => `${renderReport(report).trimEnd()}\n${sizeLine(report)}`).join('\n\n');
          const refused = reports.find((report) => !report.accepted);
          if (refused) {
            // The report is the result, on stdout as ever; the exit code is the refusal's.
            if (globals.json !== true) io.stdout.write(`${text}\n`);
            refuseBadCohort(refused);
          }
          return { data: { cohort: name, reports, publicSizes: reports.map(ownPublicSize) }, text };
        }),
      ),
    );
};

/** The one figure of the report that is meant to be handed on. */
function sizeLine(report: CohortReport): string {
  return `Public size ${ownPublicSize(report)}: two digits of the number of training patients, for the researcher to write under sites.publicSizes.`;
}

/** A researcher asks for the sizes before the study can be complete. */
const WithCohort = z.looseObject({ cohort: CohortSchema });

function schemaOf(state: SiteState, io: CliIo, study: string): CohortSchema {
  const file = resolve(io.cwd, study);
  return existsSync(file)
    ? parseYaml(readFileSync(file, 'utf8'), WithCohort, 'study file').cohort
    : readStoredStudy(studyByPrefix(state, study)).cohort;
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
