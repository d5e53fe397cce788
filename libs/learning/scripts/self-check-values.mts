// Writes src/engine/self-check-values.ts from the native engine (TensorFlow), which shares no kernel with the others:
// npm run build && npm run engine:native && node libs/learning/scripts/self-check-values.mts
import { writeFileSync } from 'node:fs';
import { loadNative } from '../dist/engine/load-native.js';
import { SELF_CHECK_OPERATIONS } from '../dist/engine/self-check-operations.js';

const { tf, description } = await loadNative({ threads: 1 });
const lines = Object.entries(SELF_CHECK_OPERATIONS).map(([name, compute]) => {
  const values = Array.from(tf.tidy(() => compute(tf)).dataSync(), (value) => Number(value.toPrecision(7)));
  return `  '${name}': [${values.join(', ')}],`;
});
const text = `// Made by scripts/self-check-values.mts with ${description.version}; not edited by hand.

/** Results of the operations of the self-check, in their order of elements. */
export const SELF_CHECK_VALUES: Readonly<Record<string, readonly number[]>> = {
${lines.join('\n')}
};
`;
writeFileSync(new URL('../src/engine/self-check-values.ts', import.meta.url), text);
