import { createRequire } from 'node:module';

/**
 * Registers what `tf.grads` needs. tfjs-core has the gradients of operations in its sources and registers none in the
 * build that Node loads; the package that registers them on that same core is `@tensorflow/tfjs`, which the native
 * engine's package depends on and brings. Costs about 0.2 s once. Call it after `navigator.gpu` is in place, if at all.
 */
export function registerGradients(): void {
  const require = createRequire(import.meta.url);
  createRequire(require.resolve('@tensorflow/tfjs-node-gpu/package.json'))('@tensorflow/tfjs');
}
