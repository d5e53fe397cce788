import { ConsiliumError } from '@consilium/protocol';
import { ENGINE_NAMES, type EngineChoice, type EngineLimits, type EngineName } from './engine-description.js';
import { engineUnavailable } from './engine-errors.js';
import type { EngineProbe, TryEngine } from './engine-probe.js';
import { nativeAbsent } from './load-native.js';
import { webgpuAbsent } from './load-webgpu.js';
import { tryInChild } from './try-engine.js';

/** The engine that a site trains on from now on, and the reason, in words for a log. */
export interface ChosenEngine {
  readonly name: EngineName;
  /** One clause: what decided, and what was wrong with each engine that was not taken. */
  readonly why: string;
  /** Where it was tried: as the trial described it. */
  readonly version?: string;
  readonly devices?: readonly string[];
}

/** What the choice looks at; tests give their own. */
export interface EngineWorld {
  /** Why an engine cannot be here, told from the file system alone; undefined where it may be. */
  readonly absent: (name: EngineName) => string | undefined;
  readonly tryEngine: TryEngine;
}

const realWorld = (limits: EngineLimits): EngineWorld => ({
  absent: (name) => (name === 'native' ? nativeAbsent() : name === 'webgpu' ? webgpuAbsent() : undefined),
  tryEngine: tryInChild(limits),
});

/**
 * Decides which engine a site computes with. `auto` takes the fastest, by a measured step, of those that pass their
 * self-check; where WebAssembly is the only one that can be here, nothing is tried: it checks itself when it starts. A
 * named engine is taken or refused, never replaced.
 * @throws ConsiliumError ENGINE_UNAVAILABLE or ENGINE_WRONG for a named engine, or where no engine works
 */
export async function chooseEngine(choice: EngineChoice, limits: EngineLimits = {}, world = realWorld(limits)): Promise<ChosenEngine> {
  if (choice === 'wasm') return { name: 'wasm', why: 'set in site.yaml' };
  return choice === 'auto' ? fastest(world) : named(choice, world);
}

async function named(name: EngineName, { absent, tryEngine }: EngineWorld): Promise<ChosenEngine> {
  const why = absent(name);
  if (why !== undefined) throw engineUnavailable(name, why);
  const probe = await tryEngine(name);
  if (!probe.usable) throw refused(probe);
  return { ...described(probe), why: `set in site.yaml; a step of the trial takes ${milliseconds(probe.stepMs)}` };
}

async function fastest({ absent, tryEngine }: EngineWorld): Promise<ChosenEngine> {
  const away = ENGINE_NAMES.flatMap((name) => (absent(name) === undefined ? [] : [`${name}: ${absent(name)}`]));
  const candidates = ENGINE_NAMES.filter((name) => absent(name) === undefined);
  if (candidates.length === 1 && candidates[0] === 'wasm') return { name: 'wasm', why: sentence('the only engine here', away) };
  const probes: EngineProbe[] = [];
  // One after the other: two at once would slow each other down.
  for (const name of candidates) probes.push(await tryEngine(name));
  const usable = probes.filter((probe) => probe.usable).sort((a, b) => a.stepMs - b.stepMs);
  const [best, ...slower] = usable;
  const [failed] = probes.filter((probe) => !probe.usable);
  if (!best) throw failed ? refused(failed) : engineUnavailable('wasm', 'no engine is here');
  const others = [
    ...slower.map(({ name, stepMs }) => `${name}: ${milliseconds(stepMs)}`),
    ...probes.flatMap((probe) => (probe.usable ? [] : [`${probe.name}: ${probe.refusal.code}`])),
    ...away,
  ];
  return { ...described(best), why: sentence(`the fastest here, ${milliseconds(best.stepMs)} a step`, others) };
}

type Usable = Extract<EngineProbe, { usable: true }>;
type Unusable = Extract<EngineProbe, { usable: false }>;

const described = ({ name, description: { version, devices } }: Usable) => ({ name, version, devices });
const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
const sentence = (first: string, others: readonly string[]): string => [first, ...others].join('; ');

/** What the trial itself would have thrown. */
const refused = ({ refusal }: Unusable): ConsiliumError => new ConsiliumError({ ...refusal, errorClass: 'failed' });
