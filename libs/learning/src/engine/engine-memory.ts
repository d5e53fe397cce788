import { ConsiliumError, explainRefusal, type SiteRefusal } from '@consilium/protocol';
import type { Engine } from './loaded-engine.js';

/** As TensorFlow, WebAssembly, V8 and Dawn say it. */
const SAID = /\bOOM\b|out of memory|could not allocate|cannot enlarge memory|array buffer allocation failed|ResourceExhausted/i;

/** Whether an engine failed for lack of memory: the same work in smaller pieces may succeed. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof ConsiliumError) && SAID.test(error.message);

/** A step does not fit the engine's memory, however small it is made. */
export class EngineOutOfMemory extends ConsiliumError {
  readonly refusal: SiteRefusal;

  constructor(tf: Engine, cause: unknown) {
    const refusal = { code: 'RESOURCES', fields: { what: tf.getBackend() === 'wasm' ? 'memory' : 'gpu' } } as const;
    const { what, fix } = explainRefusal(refusal);
    super({ code: refusal.code, errorClass: 'failed', message: what, fix, cause });
    this.refusal = refusal;
  }
}

interface Allocates {
  readonly wasm?: { _malloc: (bytes: number) => number };
}

/** The backend takes an allocation that failed for address 0 and writes there; this one says so instead. */
export function refuseFailedAllocations(backend: unknown): void {
  const { wasm } = backend as Allocates;
  if (!wasm) return;
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address === 0 && bytes > 0) throw new Error(`WebAssembly is out of memory (${bytes} bytes)`);
    return address;
  };
}
