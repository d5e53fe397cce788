import { parentPort } from 'node:worker_threads';
import { gradientsHere, privateSum, type PartGradients } from '@consilium/learning';
import { SystemRandomness } from '@consilium/privacy/mechanism';
import type { PartAnswer, PartFound, PartRequest, PartWork } from './part-threads.js';

let gradients: PartGradients | undefined;

async function find(work: PartWork): Promise<PartFound> {
  if ('step' in work) return { privateSum: await privateSum({ ...work.step, words: new SystemRandomness() }) };
  if (!gradients) throw new TypeError('a part came before its study');
  const [gradient] = await gradients.take(work.weights, [work.part], work.stepSeed);
  return { gradient: gradient ?? new Float32Array(0) };
}

parentPort?.on('message', (request: PartRequest) => {
  if ('study' in request) {
    gradients = gradientsHere(request);
    return;
  }
  const { id, work } = request;
  void find(work)
    .catch((error: unknown): PartFound => ({ failure: error instanceof Error ? error.message : 'not an error' }))
    .then((found) => parentPort?.postMessage({ id, found } satisfies PartAnswer));
});
