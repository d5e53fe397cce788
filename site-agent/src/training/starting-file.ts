import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, readTfjsWeights, startingFrom, tfjsShards } from '@consilium/learning';
import { ConsiliumError, type ResolvedStudy } from '@consilium/protocol';
import { siteRefused } from '../rounds/site-refused.js';

type Start = NonNullable<ResolvedStudy['model']['start']>;

/**
 * Where every weight of a study begins whose model starts from given weights: the file is found by its SHA-256 in the
 * folder that site.yaml names (`weights`) or in a folder of that one, whatever it is called.
 * @returns all tensors of the model; undefined where the study starts from none
 * @throws SiteRefused WEIGHTS where the file is not there, or is not a file of weights of this model; the cause says which
 */
export function startingWeightsOf(study: ResolvedStudy, folder: string | undefined): Float64Array | undefined {
  const { start } = study.model;
  if (!start) return undefined;
  const files = folder === undefined ? undefined : findWeights(folder, start);
  if (!files)
    throw siteRefused(
      'WEIGHTS',
      { sha256: start.sha256, why: 'missing' },
      new Error(`no such file under ${folder ?? 'no folder: site.yaml names none'}`),
    );
  try {
    const [first = Buffer.alloc(0), ...rest] = files;
    return startingFrom(study, start.format === 'safetensors' ? readSafetensors(first) : readTfjsWeights(first, rest));
  } catch (cause) {
    if (cause instanceof ConsiliumError) throw siteRefused('WEIGHTS', { sha256: start.sha256, why: 'form' }, cause);
    throw cause;
  }
}

/** The one file of safetensors, or model.json and its shards: what has the SHA-256, one after the other. */
function findWeights(folder: string, { format, sha256 }: Start): readonly Buffer[] | undefined {
  const ending = format === 'safetensors' ? '.safetensors' : '.json';
  for (const directory of directoriesOf(folder))
    for (const name of readdirSync(directory).filter((file) => file.endsWith(ending))) {
      const files = format === 'safetensors' ? [readFileSync(join(directory, name))] : withShards(directory, name);
      if (files && digestOf(files) === sha256) return files;
    }
  return undefined;
}

function directoriesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inside.map(({ name }) => join(folder, name))];
}

function withShards(directory: string, name: string): readonly Buffer[] | undefined {
  const json = readFileSync(join(directory, name));
  try {
    return [json, ...tfjsShards(json).map((shard) => readFileSync(join(directory, shard)))];
  } catch {
    // Some other JSON, or a model without its shards: not what is looked for.
    return undefined;
  }
}

function digestOf(files: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file);
  return hash.digest('hex');
}
