import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CASES } from './cases/index.js';
import type { Case } from './cases/case.js';
import type { CaseResult, EngineResults } from './compute-cases.js';
import { inputSeed, numbers, SLOPE_SEED } from './numbers.js';
import { exactly } from './second-oracle.js';

/** Of the largest value: what the order of 32-bit additions may do. */
const TOLERANCE = 2e-5;
const LIMIT_MS = 170_000;
const SOURCE_HOOK = new URL('../../site-agent/src/training/from-source.mjs', import.meta.url).href;

/** Vulkan lets sine and cosine be wrong by 2^-11 (Vulkan 1.3, "Precision and Operation of SPIR-V Instructions"). */
export const WEBGPU_TOLERANCE: Readonly<Record<string, number>> = { sin: 5e-4, cos: 5e-4, tan: 1e-3 };

export type Computed = EngineResults;

/** Computes the cases on an engine, or on `cpu`, in a process of its own. */
export async function computeOn(
  name: string,
  { part = 'all', environment = {} }: { readonly part?: 'all' | 'quick'; readonly environment?: Record<string, string> } = {},
): Promise<Computed> {
  const script = fileURLToPath(new URL('./compute-cases.ts', import.meta.url));
  const flags = ['--import', SOURCE_HOOK, '--conditions=source', '--experimental-transform-types', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, name, part], {
    env: { ...process.env, ...environment },
    timeout: LIMIT_MS,
    maxBuffer: 2 ** 28,
  });
  // What libraries print comes before.
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Computed;
}

/** How far apart, of the largest expected value; the same infinity is no distance. */
function distance(expected: readonly number[], found: readonly number[]): number {
  if (expected.length !== found.length) return Infinity;
  const scale = expected.reduce((largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest), 1e-3);
  let worst = 0;
  for (const [i, value] of expected.entries()) {
    if (Object.is(value, found[i])) continue;
    const apart = Math.abs(value - (found[i] ?? NaN));
    worst = Number.isNaN(apart) ? Infinity : Math.max(worst, apart);
  }
  return worst / scale;
}

/** The second oracle where a case has one, else `cpu`. */
function expectation({ exact, shapes, name }: Case, cpu: EngineResults): CaseResult {
  if (!exact) return cpu.results[name] ?? { forward: 'not computed', gradients: 'not computed' };
  const inputs = shapes.map((shape, index) => ({ shape, data: Array.from(numbers(shape, inputSeed(index))) }));
  return exactly(exact, inputs, (shape) => Array.from(numbers(shape, SLOPE_SEED)));
}

function complaint(what: string, expected: readonly number[] | string, found: readonly number[] | string | undefined, tolerance: number) {
  // Where the first oracle has no gradient, none is asked for.
  if (typeof expected === 'string') return [];
  if (typeof found !== 'object') return [`${what}: ${found}`];
  const far = distance(expected, found);
  return far <= tolerance ? [] : [`${what}: off by ${far.toExponential(1)}`];
}

/**
 * Compares an engine with the oracles, case by case.
 * @param tolerance - for single cases whose functions the engine's hardware may round less well
 * @returns what is wrong, in words; nothing where the engine computes right all cases that were computed on `cpu`
 */
export function complaints(engine: EngineResults, cpu: EngineResults, tolerance: Readonly<Record<string, number>> = {}): string[] {
  const computed = CASES.filter(({ name }) => Object.hasOwn(cpu.results, name));
  return computed.flatMap((one) => {
    const expected = expectation(one, cpu);
    const found = engine.results[one.name];
    const allowed = tolerance[one.name] ?? TOLERANCE;
    const gradients = typeof found?.gradients === 'object' ? found.gradients.flat() : found?.gradients;
    const wanted = typeof expected.gradients === 'object' ? expected.gradients.flat() : expected.gradients;
    return [
      ...complaint(`${one.name}, forwards`, expected.forward, found?.forward, allowed),
      ...complaint(`${one.name}, gradient`, wanted, gradients, allowed),
    ];
  });
}
