import type { EngineDescription, EngineLimits, EngineName } from './engine-description.js';
import { engineWrong } from './engine-errors.js';
import { loadNative } from './load-native.js';
import { loadWasm } from './load-wasm.js';
import { loadWebgpu } from './load-webgpu.js';
import type { Engine, LoadedEngine } from './loaded-engine.js';
import { selfCheck } from './self-check.js';

export type { Engine } from './loaded-engine.js';

const LOADERS: Record<EngineName, (limits: EngineLimits) => Promise<LoadedEngine>> = {
  wasm: loadWasm,
  native: loadNative,
  webgpu: loadWebgpu,
};

interface Started {
  readonly name: EngineName;
  readonly loading: Promise<LoadedEngine>;
}
let started: Started | undefined;

async function load(name: EngineName, limits: EngineLimits): Promise<LoadedEngine> {
  const loaded = await LOADERS[name](limits);
  const wrong = await selfCheck(loaded.tf);
  if (wrong.length > 0) throw engineWrong(name, wrong);
  return loaded;
}

/**
 * Starts the engine of this process, thread or child, before it computes anything. It passes a self-check of twenty
 * operations first. Asked for again, the same engine is handed out.
 * @param limits - count for the first start
 * @throws ConsiliumError ENGINE_UNAVAILABLE, ENGINE_WRONG; Error where the process has another engine already
 */
export async function startEngine(name: EngineName, limits: EngineLimits = {}): Promise<EngineDescription> {
  if (started && started.name !== name) throw new Error(`this process computes with ${started.name}, not with ${name}`);
  const own = (started ??= { name, loading: load(name, limits) });
  try {
    return (await own.loading).description;
  } catch (error) {
    if (started === own) started = undefined;
    throw error;
  }
}

/**
 * The engine that this process computes with: the one that {@link startEngine} has started, WebAssembly where nobody did.
 * Loaded once (about 0.4 s), then shared.
 */
export async function engine(): Promise<Engine> {
  if (!started) await startEngine('wasm');
  const running = started;
  if (!running) throw new Error('no engine has started');
  return (await running.loading).tf;
}
