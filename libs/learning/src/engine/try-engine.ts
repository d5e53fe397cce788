import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EngineLimits } from './engine-description.js';
import { engineUnavailable } from './engine-errors.js';
import type { EngineProbe, TryEngine } from './engine-probe.js';

/** A driver may hang; starting a card for the first time, with its shaders, takes seconds. */
const LIMIT_MS = 60_000;

/** Compiled beside this module; where that runs from source (tests), in what was built. */
const probeMain = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/engine/probe-main.js' : './probe-main.js', import.meta.url));

/** Tries engines in processes of their own, so that a driver that crashes or hangs takes nobody with it. */
export function tryInChild({ threads }: EngineLimits): TryEngine {
  return async (name) => {
    try {
      const args = [probeMain(), name, ...(threads === undefined ? [] : [String(threads)])];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL' });
      // Libraries of drivers print, too: the last line is ours.
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as EngineProbe;
    } catch (error) {
      const { code, message, fix } = engineUnavailable(name, whyItDied(error), error);
      return { name, usable: false, refusal: { code, message, fix } };
    }
  };
}

function whyItDied(error: unknown): string {
  const { signal, code, killed } = error as { signal?: string; code?: unknown; killed?: boolean };
  if (killed) return `its trial took more than ${LIMIT_MS / 1000} s`;
  return signal ? `its trial ended by ${signal}` : `its trial ended with ${String(code ?? 'no answer')}`;
}
