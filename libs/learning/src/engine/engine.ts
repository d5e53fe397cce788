import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type * as Tensorflow from '@tensorflow/tfjs-core';

/** TensorFlow.js with a backend that is ready. Everything that computes takes it as an argument. */
export type Engine = typeof Tensorflow;

type Listener = (...values: unknown[]) => void;
const CRASH_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Emscripten's start-up code hangs listeners on the process that rethrow from inside `uncaughtException`, which would
 * take the decision how an agent dies away from it. They are told by their text and removed.
 */
function removeEmscriptenListeners(): void {
  for (const event of CRASH_EVENTS)
    for (const listener of process.listeners(event as 'uncaughtException') as Listener[])
      if (/ExitStatus|^function\s*\(reason\)\s*\{\s*throw reason;?\s*\}$/.test(listener.toString()))
        process.removeListener(event, listener);
}

async function load(): Promise<Engine> {
  const tf = await import('@tensorflow/tfjs-core');
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const { registerKernels } = await import('@consilium/tfjs-kernels');
  registerKernels(tf, 'wasm');
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  // Node has no threads for this backend, and one thread adds in one order: the same rows give the same bits.
  setThreadsCount(1);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend did not start');
  await tf.ready();
  removeEmscriptenListeners();
  return tf;
}

let loading: Promise<Engine> | undefined;

/**
 * The default CPU engine: TensorFlow.js on WebAssembly, one thread, its files taken from the installed package. Loaded
 * on first use (about 0.1 s), then shared by the process.
 */
export function engine(): Promise<Engine> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
