import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noiseForTarget, plannedEvents, type PlannedEvents } from '@consilium/privacy';
import { ConsiliumError, parseYaml, resolveStudy, StudyFile, type ResolvedStudy } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { parseDocument, type Document } from 'yaml';
import { PROJECT_ROOT } from '../consortium/programs.js';
import type { DemoOptions } from '../options.js';

/** Above what hospitals would take unasked; the policies of these four allow it, and the table says so. */
export const DELTA = 1e-4;
/** A noise multiplier that the search may try: what a study file takes, and integer noise is priced from. */
const NOISE = { least: 0.05, most: 1000 };

/** As many steps of the same size as `heart-private.yaml` takes, two of them between sums. */
const LOCAL = { name: 'fedavg', rounds: 20, localSteps: 2, learningRate: 0.5, updateRange: 4, maxWeight: 500 };

export interface DemoStudy {
  readonly file: string;
  readonly text: string;
  readonly study: ResolvedStudy;
}

/** The study without noise, also what private ones are compared with: with the rounds that were asked for. */
export function plainStudy(rounds?: number): Promise<DemoStudy> {
  return readStudy('heart.yaml', (document) => setRounds(document, rounds));
}

/**
 * The study that the options ask for. With privacy its noise is the least whose planned epsilon, by the accountant that
 * approvals go by, is at most `--epsilon`: chosen from public figures alone, before any patient is looked at.
 * @throws ConsiliumError PRIVACY_PARAMETERS where no noise reaches that epsilon
 */
export async function demoStudy({ privacy, epsilon, rounds }: DemoOptions): Promise<DemoStudy> {
  if (privacy === 'none') return plainStudy(rounds);
  const withNoise = (training: number, evaluation: number): Promise<DemoStudy> =>
    readStudy('heart-private.yaml', (document) => {
      // dp-sgd is one step of all sites on one noisy sum; where each adds all of the noise, each takes the steps by itself.
      if (privacy === 'patient/local') document.setIn(['algorithm'], LOCAL);
      setRounds(document, rounds);
      for (const [key, value] of Object.entries({ mode: privacy, delta: DELTA, epsilonMax: epsilon, noiseMultiplier: training }))
        document.setIn(['privacy', key], value);
      document.setIn(['metrics', 'noiseMultiplier'], evaluation);
    });
  const { study } = await withNoise(20, 20);
  const least = (part: keyof PlannedEvents): number => {
    const plan = noiseForTarget({ epsilon, delta: DELTA, accountant: 'rdp' }, (noise) => eventAt(study, part, noise));
    if (!plan.reached)
      throw new ConsiliumError({
        code: 'PRIVACY_PARAMETERS',
        errorClass: 'usage',
        message: plan.reason,
        fix: 'Give --epsilon a larger value, or --rounds a smaller one.',
      });
    // Four digits, rounded up: a number that a person can write in a study file.
    return Math.ceil(plan.value * 1e4) / 1e4;
  };
  return await withNoise(least('training'), least('evaluation'));
}

function eventAt(study: ResolvedStudy, part: keyof PlannedEvents, noiseMultiplier: number): NonNullable<PlannedEvents['training']> {
  const event = plannedEvents(study)[part];
  if (event === undefined) throw new TypeError(`the private study of the demo plans no ${part}`);
  const noise = Math.min(NOISE.most, Math.max(NOISE.least, noiseMultiplier));
  return { ...event, V: Math.ceil((noise * event.S * (noise * event.S)) / (event.m - event.c)) };
}

function setRounds(document: Document, rounds: number | undefined): void {
  if (rounds !== undefined) document.setIn(['algorithm', 'rounds'], rounds);
}

async function readStudy(file: string, change: (document: Document) => void): Promise<DemoStudy> {
  const document: Document = parseDocument(await readFile(join(PROJECT_ROOT, 'demo', file), 'utf8'));
  change(document);
  const text = document.toString();
  return { file, text, study: resolveStudy(parseYaml(text, StudyFile, `study file demo/${file}`), sealParameters) };
}
