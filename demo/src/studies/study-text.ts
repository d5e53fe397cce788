import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noiseForStudy } from '@consilium/privacy';
import { parseYaml, publicSize, resolveStudy, StudyFile, studyHash, studySpecification, type ResolvedStudy } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { parseDocument, type Document } from 'yaml';
import type { StudyChanges, WorkedStudy } from './worked-study.js';

/** A study as people write it and as it is resolved. */
export interface StudyText {
  readonly text: string;
  readonly study: ResolvedStudy;
  readonly hash: string;
}

/** What every worked study with privacy promises. */
export const PRIVATE_TARGET = { epsilon: 3, delta: 1e-5 } as const;

/** @param changes - other values than the file's */
export async function plainText(root: string, { name }: WorkedStudy, changes: StudyChanges = []): Promise<StudyText> {
  const file = await document(root, name);
  for (const [path, value] of changes) file.setIn(path, file.createNode(value));
  return read(name, file);
}

/**
 * The same study with differential privacy for patients, the noise shared among the sites: the least that keeps to the
 * promise, found from public figures alone.
 * @param patients - training patients of each site, made public to two digits
 */
export async function privateText(root: string, worked: WorkedStudy, patients: ReadonlyMap<string, number>): Promise<StudyText> {
  const { rounds, sampling, clip, learningRate, l2, change = [] } = worked.privacy;
  const asked = async (): Promise<Document> => {
    const file = await document(root, worked.name);
    const set = (path: readonly (string | number)[], value: unknown): void => file.setIn(path, file.createNode(value));
    set(['name'], `${worked.name}-private`);
    const augment = file.getIn(['algorithm', 'augment'], true);
    set(['algorithm'], { name: 'dp-sgd', rounds, learningRate });
    if (augment !== undefined) file.setIn(['algorithm', 'augment'], augment);
    set(['model', 'l2'], l2);
    set(['privacy'], {
      mode: 'patient/distributed',
      sampling,
      clip,
      noiseMultiplier: 30,
      delta: PRIVATE_TARGET.delta,
      epsilonMax: PRIVATE_TARGET.epsilon,
    });
    set(['metrics'], { every: 10_000 });
    set(['sites', 'publicSizes'], Object.fromEntries(Array.from(patients, ([site, count]) => [site, publicSize(count)])));
    for (const [path, value] of change) set(path, value);
    return file;
  };
  const planned = noiseForStudy(
    parse(worked.name, (await asked()).toString()),
    { epsilon: PRIVATE_TARGET.epsilon, ledgers: [] },
    sealParameters,
  );
  const file = await asked();
  file.setIn(['privacy', 'noiseMultiplier'], planned.privacy.noiseMultiplier);
  return read(worked.name, file);
}

const document = async (root: string, name: string): Promise<Document> =>
  parseDocument(await readFile(join(root, 'demo/studies', `${name}.yaml`), 'utf8'));

const parse = (name: string, text: string): StudyFile => parseYaml(text, StudyFile, `study file demo/studies/${name}.yaml`);

function read(name: string, file: Document): StudyText {
  const text = file.toString();
  const study = resolveStudy(parse(name, text), sealParameters);
  return { text, study, hash: studyHash(studySpecification(study)) };
}
