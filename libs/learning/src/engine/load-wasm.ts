import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { refuseFailedAllocations } from './engine-memory.js';
import { removeEmscriptenListeners } from './emscripten-listeners.js';
import { engineUnavailable } from './engine-errors.js';
import type { LoadedEngine } from './loaded-engine.js';
import { registerGradients } from './register-gradients.js';

/**
 * TensorFlow.js on WebAssembly with the kernel pack: runs on any processor. Its files come from the installed package.
 * @throws ConsiliumError ENGINE_UNAVAILABLE
 */
export async function loadWasm(): Promise<LoadedEngine> {
  const tf = await import('@tensorflow/tfjs-core');
  const { setThreadsCount, setWasmPaths, version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
  const { registerKernels } = await import('@consilium/tfjs-kernels');
  registerGradients();
  registerKernels(tf, 'wasm');
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  // Node has no threads for this backend, and one thread adds in one order: the same rows give the same bits.
  setThreadsCount(1);
  if (!(await tf.setBackend('wasm'))) throw engineUnavailable('wasm', 'WebAssembly did not start');
  await tf.ready();
  refuseFailedAllocations(tf.backend());
  removeEmscriptenListeners();
  return { tf, description: { name: 'wasm', version: `TensorFlow.js ${version} with kernel pack`, devices: ['CPU, 1 thread'] } };
}
