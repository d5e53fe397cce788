import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import util from 'node:util';
import type { EngineLimits } from './engine-description.js';
import { engineUnavailable } from './engine-errors.js';
import type { LoadedEngine } from './loaded-engine.js';
import { registerGradients } from './register-gradients.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';
/** What the backend of that package says of itself. */
interface NativeBackend {
  readonly binding?: { readonly TF_Version?: string };
  readonly isUsingGpuDevice?: boolean;
}

/** Where `npm run engine:native` puts the add-on: one build for every Node from 18 on (N-API 8). */
const addOn = (): string =>
  join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), 'lib', 'napi-v8', 'tfjs_binding.node');

/** Why the native engine cannot be here, without loading anything; undefined where it may be. */
export const nativeAbsent = (): string | undefined => (existsSync(addOn()) ? undefined : 'not built');

/**
 * TensorFlow itself, through an add-on that is built on the machine: any processor that TensorFlow supports, and an NVIDIA
 * card where the add-on was built for it.
 * @throws ConsiliumError ENGINE_UNAVAILABLE
 */
export async function loadNative({ threads = availableParallelism() }: EngineLimits): Promise<LoadedEngine> {
  const absent = nativeAbsent();
  if (absent !== undefined) throw engineUnavailable('native', absent);
  prepareProcess(threads);
  const tf = await import('@tensorflow/tfjs-core');
  registerGradients();
  try {
    createRequire(import.meta.url)(PACKAGE);
    if (!(await tf.setBackend('tensorflow'))) throw new Error('the backend did not start');
    await tf.ready();
  } catch (cause) {
    throw engineUnavailable('native', 'its add-on does not load', cause);
  }
  const { binding, isUsingGpuDevice } = tf.backend() as NativeBackend;
  const devices = [isUsingGpuDevice ? 'NVIDIA GPU' : `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`];
  return { tf, description: { name: 'native', version: `TensorFlow ${binding?.TF_Version ?? 'of unknown version'}`, devices } };
}

/** TensorFlow reads these when it is loaded; what a hospital has set stays. */
function prepareProcess(threads: number): void {
  const { env } = process;
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  env['OMP_NUM_THREADS'] ??= String(threads);
  env['TF_NUM_INTEROP_THREADS'] ??= '1';
  // The same update bit for bit: no atomic additions in any order on a GPU, and products of all 32 bits, not of TF32's 19.
  env['TF_DETERMINISTIC_OPS'] ??= '1';
  env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  // The package still calls both; Node 23 and later have the one no more, and warn of the other.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
  legacy.isArray = Array.isArray;
}
