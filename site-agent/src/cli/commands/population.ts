import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { cellText } from '@consilium/cohort';
import { ConsiliumError } from '@consilium/protocol';
import type { SiteConfig } from '../../config/index.js';
import { addObjections, countObjections, removeObjections, type ObjectionChange } from '../../objections/index.js';
import type { SiteState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { readInput } from '../read-input.js';
import { configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly population: string; readonly file: string };
}

/** Bytes of a list of identifiers. */
const LARGEST = 16_777_216;

export const addPopulation: AddCommands = (program, frame) => {
  const population = program.command('population').description('the people whose data this site holds');
  const objections = population
    .command('objections')
    .description('patients who object to the use of their data: no step of any study touches their rows');
  const changing = (name: 'add' | 'remove', description: string, change: typeof addObjections, said: (result: ObjectionChange) => string) =>
    objections
      .command(name)
      .description(description)
      .requiredOption('--population <name>', 'a population of site.yaml')
      .requiredOption('--file <file>', 'their identifiers, one a line, as the column patientId has them; - for standard input')
      .action(
        frame(`population objections ${name}`, ({ io, globals, options }: Context) =>
          withState(configFile(globals.config, io), async (state, config) => {
            requirePatientIds(config, options.population);
            const result = change(state, options.population, await identifiersIn(io, options.file));
            return { data: { population: options.population, ...result }, text: said(result) };
          }),
        ),
      );
  changing(
    'add',
    'honoured from the next step on, in every cohort of the population',
    addObjections,
    ({ changed, unchanged, count }) =>
      `Added ${changed}; ${unchanged} ${unchanged === 1 ? 'was' : 'were'} on the list already. ${count} in all.`,
  );
  changing(
    'remove',
    'their data may be used again, from the next step on',
    removeObjections,
    ({ changed, unchanged, count }) =>
      `Removed ${changed}; ${unchanged} ${unchanged === 1 ? 'was' : 'were'} not on the list. ${count} in all.`,
  );
  objections
    .command('list-count')
    .description('how many are on the list; who they are cannot be read from it')
    .requiredOption('--population <name>', 'a population of site.yaml')
    .action(
      frame('population objections list-count', ({ io, globals, options }: Context) =>
        withState(configFile(globals.config, io), (state: SiteState, config) => {
          requirePatientIds(config, options.population);
          const count = countObjections(state.layout, options.population);
          return {
            data: { population: options.population, count },
            text: `${count} ${count === 1 ? 'patient objects' : 'patients object'}.`,
          };
        }),
      ),
    );
};

/** @throws ConsiliumError POPULATION_UNKNOWN, PATIENT_ID_NEEDED */
function requirePatientIds({ populations }: SiteConfig, name: string): void {
  const population = populations.get(name);
  if (!population)
    throw new ConsiliumError({
      code: 'POPULATION_UNKNOWN',
      errorClass: 'usage',
      message: 'There is no such population at this site.',
      fix: `Name one under populations in site.yaml${populations.size === 0 ? '' : `; there ${populations.size === 1 ? 'is' : 'are'}: ${[...populations.keys()].join(', ')}`}.`,
    });
  if (population.patientId === undefined)
    throw new ConsiliumError({
      code: 'PATIENT_ID_NEEDED',
      errorClass: 'usage',
      message: `Population ${name} has no column that tells patients apart, so nobody could be found by an identifier.`,
      fix: 'Set patientId of the population in site.yaml.',
    });
}

/** @throws ConsiliumError OBJECTIONS_FILE; what stands in the file is never repeated */
async function identifiersIn(io: CliIo, file: string): Promise<readonly string[]> {
  const bytes = file === '-' ? await readInput(io, LARGEST) : readWhole(resolve(io.cwd, file));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unusable('is not UTF-8 text', cause);
  }
  const identifiers = text
    .split(/\r?\n/)
    .map(cellText)
    .filter((line) => line !== '');
  if (identifiers.length === 0) throw unusable('holds no identifier');
  return identifiers;
}

function readWhole(path: string): Buffer {
  try {
    if (statSync(path).size > LARGEST) throw unusable('is too large');
    return readFileSync(path);
  } catch (cause) {
    throw cause instanceof ConsiliumError ? cause : unusable('cannot be read', cause);
  }
}

const unusable = (why: string, cause?: unknown): ConsiliumError =>
  new ConsiliumError({
    code: 'OBJECTIONS_FILE',
    errorClass: 'usage',
    message: `The list of identifiers ${why}; nothing was changed.`,
    fix: 'Give a text file with one patient identifier a line, or - and the lines on standard input.',
    cause,
  });
