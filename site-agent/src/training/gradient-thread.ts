import { parentPort } from 'node:worker_threads';
import { gradientsHere, type PartGradients } from '@consilium/learning';
import type { GradientAnswer, GradientRequest } from './gradient-threads.js';

let gradients: PartGradients | undefined;

async function take(weights: Float32Array, part: Uint32Array): Promise<GradientAnswer> {
  try {
    if (!gradients) throw new TypeError('a part came before its study');
    const [gradient] = await gradients.take(weights, [part]);
    return { gradient: gradient ?? new Float32Array(0) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : 'not an error' };
  }
}

parentPort?.on('message', (request: GradientRequest) => {
  if ('study' in request) gradients = gradientsHere(request);
  else void take(request.weights, request.part).then((answer) => parentPort?.postMessage(answer));
});
