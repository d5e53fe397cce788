// A process of its own, started by try-engine.ts: tries the engine that its argument names and prints what it found.
import { ConsiliumError } from '@consilium/protocol';
import { engine, startEngine } from './engine.js';
import { ENGINE_NAMES } from './engine-description.js';
import { engineUnavailable } from './engine-errors.js';
import type { EngineProbe } from './engine-probe.js';
import { stepTime } from './step-time.js';

const name = ENGINE_NAMES.find((one) => one === process.argv[2]) ?? 'wasm';
const threads = Number(process.argv[3]);

async function probe(): Promise<EngineProbe> {
  try {
    const description = await startEngine(name, threads > 0 ? { threads } : {});
    return { name, usable: true, description, stepMs: await stepTime(await engine()) };
  } catch (error) {
    const { code, message, fix } = error instanceof ConsiliumError ? error : engineUnavailable(name, 'it failed while it started', error);
    return { name, usable: false, refusal: { code, message, fix } };
  }
}

// Not awaited here: in a bundle modules that are loaded later would wait for this one for ever.
void probe().then((found) => process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0)));
