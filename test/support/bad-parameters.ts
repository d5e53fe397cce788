import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Field case PRV-3: one parameter, and where a study file has it. */
export interface Parameter {
  readonly field: string;
  /** In the study file. */
  readonly path: readonly [section: string, name: string];
  readonly value: number | string | null;
}

const Entry = z.object({ field: z.string(), value: z.union([z.number(), z.string(), z.null()]) });
const Case = z.object({ each_alone_must_be_refused: z.array(Entry), must_be_accepted: z.array(Entry) });

const PATHS: Readonly<Record<string, Parameter['path']>> = {
  epsilon_limit: ['privacy', 'epsilonMax'],
  delta: ['privacy', 'delta'],
  noise_multiplier: ['privacy', 'noiseMultiplier'],
  clip: ['privacy', 'clip'],
  sampling_rate: ['privacy', 'sampling'],
  steps: ['algorithm', 'localSteps'],
  rounds: ['algorithm', 'rounds'],
};

const parsed = Case.parse(JSON.parse(readFileSync(join(import.meta.dirname, '../cases/prv-3/bad-parameters.json'), 'utf8')));
const parametersOf = (entries: readonly z.infer<typeof Entry>[]): readonly Parameter[] =>
  entries.map(({ field, value }) => {
    const path = PATHS[field];
    if (!path) throw new Error(`no place for ${field}`);
    return { field, path, value };
  });

export const BAD = parametersOf(parsed.each_alone_must_be_refused);
export const GOOD = parametersOf(parsed.must_be_accepted);

/** The ways in which YAML can say a value; the case's texts stand for what JSON cannot carry. */
export function yamlForms({ value }: Parameter): readonly string[] {
  switch (value) {
    case 'NaN':
      return ['.nan', 'NaN', '"NaN"'];
    case 'Infinity':
      return ['.inf', '1e999', 'Infinity'];
    case '1e400':
      return ['1e400'];
    case '1e-5 (text)':
      return ['"1e-5"'];
    default:
      return [String(value)];
  }
}

/** The ways in which JSON text can say it. */
export function jsonForms({ value }: Parameter): readonly string[] {
  switch (value) {
    case 'NaN':
      return ['"NaN"'];
    case 'Infinity':
      return ['"Infinity"', '1e999'];
    case '1e400':
      return ['1e400', '"1e400"'];
    case '1e-5 (text)':
      return ['"1e-5"'];
    default:
      return [JSON.stringify(value)];
  }
}

/** An otherwise good study that has every one of the parameters; sizes fit {@link heartTable}. */
export function goodStudy(): Record<string, Record<string, unknown>> {
  return {
    apiVersion: 'consilium/v1',
    kind: 'Study',
    name: 'parameters',
    purpose: 'A test',
    cohort: {
      name: 'heart',
      outcome: { column: 'num', positive: '> 0', range: [0, 4] },
      inputs: { age: { range: [18, 100], center: 54, scale: 9 }, sex: { levels: [0, 1] } },
      split: { column: 'split', train: 'train', test: 'test' },
    },
    model: { type: 'logistic-regression' },
    algorithm: { name: 'fedavg', rounds: 2, localSteps: 3, learningRate: 0.05, maxWeight: 100 },
    privacy: { mode: 'patient/local', sampling: 0.5, clip: 1, noiseMultiplier: 50, delta: 1e-5, epsilonMax: 4 },
    sites: { names: ['a', 'b', 'c'], publicSizes: { a: 40, b: 40, c: 40 } },
  } as unknown as Record<string, Record<string, unknown>>;
}

/** JSON text of a value in which one place holds `form`, as it stands. */
export function withForm(value: object, [section, name]: Parameter['path'], form: string): string {
  const MARK = '@here@';
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, Record<string, unknown>>;
  (copy[section] ??= {})[name] = MARK;
  return JSON.stringify(copy).replace(`"${MARK}"`, form);
}
