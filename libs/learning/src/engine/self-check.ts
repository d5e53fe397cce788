import type { Engine } from './loaded-engine.js';
import { SELF_CHECK_OPERATIONS } from './self-check-operations.js';
import { SELF_CHECK_VALUES } from './self-check-values.js';

/** Of an operation's largest result: far above what the order of 32-bit additions does, far below what a wrong kernel does. */
const TOLERANCE = 1e-4;

/** NaN is wrong, too. */
function agrees(found: ArrayLike<number>, expected: readonly number[]): boolean {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return found.length === expected.length && expected.every((value, i) => Math.abs((found[i] ?? NaN) - value) <= TOLERANCE * scale);
}

/**
 * Computes twenty small operations and compares them with stored results. Takes about 20 ms on WebAssembly.
 * @returns names of the operations that are wrong or failed; none where the engine may be trusted
 */
export async function selfCheck(tf: Engine): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [name, compute] of Object.entries(SELF_CHECK_OPERATIONS)) {
    try {
      const result = tf.tidy(() => compute(tf));
      const found = await result.data<'float32'>();
      result.dispose();
      if (!agrees(found, SELF_CHECK_VALUES[name] ?? [NaN])) wrong.push(name);
    } catch {
      wrong.push(`${name} (failed)`);
    }
  }
  return wrong;
}
