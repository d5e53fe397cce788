// A process of its own for each engine: computes all cases and writes the results to standard output as JSON.
// node (with from-source.mjs) compute-cases.ts ENGINE [quick], where ENGINE may also be `cpu`, the first oracle.
import type { Tensor } from '@tensorflow/tfjs-core';
import { engine, startEngine } from '../../libs/learning/src/engine/engine.js';
import { ENGINE_NAMES } from '../../libs/learning/src/engine/engine-description.js';
import type { Engine } from '../../libs/learning/src/engine/loaded-engine.js';
import { registerGradients } from '../../libs/learning/src/engine/register-gradients.js';
import { CASES, QUICK_CASES } from './cases/index.js';
import type { Case } from './cases/case.js';
import { inputSeed, numbers, SLOPE_SEED } from './numbers.js';

/** What one engine found for one case; a failure is the first words of its message. */
export interface CaseResult {
  readonly forward: number[] | string;
  readonly gradients: number[][] | string;
}
export interface EngineResults {
  readonly version: string;
  readonly devices: readonly string[];
  readonly results: Record<string, CaseResult>;
  /** Tensors that the cases left behind. */
  readonly left: number;
}

async function cpu(): Promise<Engine> {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  registerGradients();
  // Its first use prints an advertisement, except in a test.
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  return tf;
}

const read = async (tensor: Tensor): Promise<number[]> => Array.from(await tensor.data<'float32'>());
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 120);

async function run(tf: Engine, { compute, shapes }: Case): Promise<CaseResult> {
  const inputs = shapes.map((shape, index) => tf.tensor(numbers(shape, inputSeed(index)), [...shape]));
  const result = await forwards(tf, compute, inputs);
  if (typeof result === 'string') return { forward: result, gradients: 'no result' };
  const slopes = tf.tensor(numbers(result.shape, SLOPE_SEED), result.shape);
  try {
    const gradients = tf.tidy(() => tf.grads((...values) => compute(tf, ...values))(inputs, slopes));
    const values = await Promise.all(gradients.map(read));
    tf.dispose(gradients);
    return { forward: result.values, gradients: values };
  } catch (error) {
    return { forward: result.values, gradients: words(error) };
  } finally {
    tf.dispose([...inputs, slopes]);
  }
}

async function forwards(tf: Engine, compute: Case['compute'], inputs: Tensor[]) {
  try {
    const result = tf.tidy(() => compute(tf, ...inputs));
    const values = await read(result);
    result.dispose();
    return { values, shape: result.shape };
  } catch (error) {
    return words(error);
  }
}

const asked = process.argv[2];
const name = ENGINE_NAMES.find((one) => one === asked);
const description = name ? await startEngine(name) : { version: 'cpu', devices: [] };
const tf = name ? await engine() : await cpu();
const before = tf.memory().numTensors;
const results: Record<string, CaseResult> = {};
for (const one of process.argv[3] === 'quick' ? QUICK_CASES : CASES) results[one.name] = await run(tf, one);
const left = tf.memory().numTensors - before;
const { version, devices } = description;
const found: EngineResults = { version, devices, results, left };
process.stdout.write(`\n${JSON.stringify(found)}\n`, () => process.exit(0));
