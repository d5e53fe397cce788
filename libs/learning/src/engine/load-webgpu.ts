import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { engineUnavailable } from './engine-errors.js';
import type { LoadedEngine } from './loaded-engine.js';
import { registerGradients } from './register-gradients.js';

const DRIVER_VARIABLES = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES'];
const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/**
 * Why WebGPU cannot be here, without loading anything; undefined where it may be. Other systems than Linux bring a driver,
 * and one that is named in the environment is tried.
 */
export function webgpuAbsent(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const named = DRIVER_VARIABLES.some((name) => (process.env[name] ?? '') !== '');
  if (named) return undefined;
  const holds = (folder: string, name: RegExp): boolean => existsSync(folder) && readdirSync(folder).some((file) => name.test(file));
  // A driver that computes on the processor may be installed anywhere; it is slower than WebAssembly.
  if (!holds('/dev/dri', /^renderD/) && !holds('/dev', /^(nvidia\d|dxg$)/)) return 'no graphics card';
  return DRIVER_FOLDERS.some((folder) => holds(folder, /[.]json$/)) ? undefined : 'no Vulkan driver';
}

/** What of WebGPU is used here; its types are the browser's. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly description?: string; readonly device?: string } } | null>;
}

/**
 * TensorFlow.js on WebGPU (Dawn): any card with a Vulkan driver, also without CUDA. Values are read with `data()` only:
 * there is no waiting for a GPU in JavaScript.
 * @throws ConsiliumError ENGINE_UNAVAILABLE
 */
export async function loadWebgpu(): Promise<LoadedEngine> {
  const absent = webgpuAbsent();
  if (absent !== undefined) throw engineUnavailable('webgpu', absent);
  const gpu = await putInPlace();
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw engineUnavailable('webgpu', 'no graphics card with a Vulkan driver that Dawn accepts');
  // Both look for navigator.gpu while they are imported.
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-webgpu');
  const { registerKernels } = await import('@consilium/tfjs-kernels');
  registerGradients();
  registerKernels(tf, 'webgpu');
  if (!(await tf.setBackend('webgpu'))) throw engineUnavailable('webgpu', 'the graphics card did not open');
  await tf.ready();
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { readonly version: string };
  const { description, device } = adapter.info ?? {};
  return { tf, description: { name: 'webgpu', version: `Dawn, webgpu ${version}`, devices: [description || device || 'GPU'] } };
}

/** Puts `navigator.gpu` and the constants of WebGPU where TensorFlow.js looks for them; once a process. */
async function putInPlace(): Promise<Gpu> {
  const { navigator } = globalThis as { navigator: object & { gpu?: Gpu } };
  if (navigator.gpu) return navigator.gpu;
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const gpu = create([]) as unknown as Gpu;
    Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
    return gpu;
  } catch (cause) {
    throw engineUnavailable('webgpu', 'Dawn does not load', cause);
  }
}
