import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noiseForStudy } from '@consilium/privacy';
import { parseYaml, resolveStudy, StudyFile, type ResolvedStudy } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { parseDocument, type Document } from 'yaml';
import { PROJECT_ROOT } from '../consortium/programs.js';
import type { DemoOptions } from '../options.js';

/** Above what hospitals would take unasked; the policies of these four allow it, and the table says so. */
export const DELTA = 1e-4;

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
 * @throws ConsiliumError EPSILON_UNREACHABLE where no noise reaches that epsilon
 */
export async function demoStudy({ privacy, epsilon, rounds }: DemoOptions): Promise<DemoStudy> {
  if (privacy === 'none') return plainStudy(rounds);
  const asked = (document: Document): void => {
    // dp-sgd is one step of all sites on one noisy sum; where each adds all of the noise, each takes the steps by itself.
    if (privacy === 'patient/local') document.setIn(['algorithm'], LOCAL);
    setRounds(document, rounds);
    for (const [key, value] of Object.entries({ mode: privacy, delta: DELTA, epsilonMax: epsilon }))
      document.setIn(['privacy', key], value);
  };
  const { file, text } = await changedFile('heart-private.yaml', asked);
  const planned = noiseForStudy(parseStudy(file, text), { epsilon, ledgers: [] }, sealParameters);
  return await readStudy('heart-private.yaml', (document) => {
    asked(document);
    document.setIn(['privacy', 'noiseMultiplier'], planned.privacy.noiseMultiplier);
    document.setIn(['metrics', 'noiseMultiplier'], planned.metrics.noiseMultiplier);
  });
}

function setRounds(document: Document, rounds: number | undefined): void {
  if (rounds !== undefined) document.setIn(['algorithm', 'rounds'], rounds);
}

async function readStudy(name: string, change: (document: Document) => void): Promise<DemoStudy> {
  const { file, text } = await changedFile(name, change);
  return { file, text, study: resolveStudy(parseStudy(file, text), sealParameters) };
}

async function changedFile(file: string, change: (document: Document) => void): Promise<Pick<DemoStudy, 'file' | 'text'>> {
  const document: Document = parseDocument(await readFile(join(PROJECT_ROOT, 'demo', file), 'utf8'));
  change(document);
  return { file, text: document.toString() };
}

const parseStudy = (file: string, text: string): StudyFile => parseYaml(text, StudyFile, `study file demo/${file}`);
