import { describe, expect, it } from 'vitest';
import { chooseEngine, type EngineWorld } from './choose-engine.js';
import type { EngineName } from './engine-description.js';
import { engineWrong } from './engine-errors.js';
import type { EngineProbe } from './engine-probe.js';

const usable = (name: EngineName, stepMs: number): EngineProbe => ({
  name,
  usable: true,
  description: { name, version: `${name} 1`, devices: ['a device'] },
  stepMs,
});
const wrong = (name: EngineName): EngineProbe => ({ name, usable: false, refusal: engineWrong(name, ['tanh']) });

/** Engines that are here, and what their trials find; every trial is written down. */
function world(probes: readonly EngineProbe[]) {
  const tried: EngineName[] = [];
  const own: EngineWorld = {
    absent: (name) => (probes.some((probe) => probe.name === name) ? undefined : 'not built'),
    tryEngine: (name) => {
      tried.push(name);
      const probe = probes.find((one) => one.name === name);
      return probe ? Promise.resolve(probe) : Promise.reject(new Error('not asked for'));
    },
  };
  return { world: own, tried };
}

describe('the choice of an engine', () => {
  it('auto: takes the fastest of those that compute right, and says what the others took', async () => {
    const { world: here } = world([usable('wasm', 80), usable('native', 20), wrong('webgpu')]);
    expect(await chooseEngine('auto', {}, here)).toEqual({
      name: 'native',
      version: 'native 1',
      devices: ['a device'],
      why: 'the fastest here, 20 ms a step; wasm: 80 ms; webgpu: ENGINE_WRONG',
    });
  });

  it('auto: prefers WebAssembly to a graphics card that is slower', async () => {
    const { world: here } = world([usable('wasm', 80), usable('webgpu', 900)]);
    expect(await chooseEngine('auto', {}, here)).toMatchObject({ name: 'wasm', why: expect.stringContaining('native: not built') });
  });

  it('auto: tries nothing where WebAssembly is the only engine', async () => {
    const { world: here, tried } = world([usable('wasm', 80)]);
    expect(await chooseEngine('auto', {}, here)).toEqual({
      name: 'wasm',
      why: 'the only engine here; native: not built; webgpu: not built',
    });
    expect(tried).toEqual([]);
  });

  it('auto: ends where no engine computes right', async () => {
    const { world: here } = world([wrong('wasm'), wrong('native')]);
    await expect(chooseEngine('auto', {}, here)).rejects.toMatchObject({ code: 'ENGINE_WRONG' });
  });

  it('named: refuses an engine that is not there, and takes no other', async () => {
    const { world: here, tried } = world([usable('wasm', 80)]);
    await expect(chooseEngine('native', {}, here)).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: 'The training engine native is not available: not built.',
      fix: expect.stringContaining('npm run engine:native'),
    });
    expect(tried).toEqual([]);
  });

  it('named: refuses an engine that computes wrong, with what is wrong', async () => {
    const { world: here } = world([usable('wasm', 80), wrong('webgpu')]);
    await expect(chooseEngine('webgpu', {}, here)).rejects.toMatchObject({
      code: 'ENGINE_WRONG',
      message: expect.stringContaining('tanh'),
    });
  });
});
