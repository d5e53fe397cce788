import { describe, expect, it } from 'vitest';
import { tryInChild } from './try-engine.js';

describe('the trial of an engine in a process of its own', () => {
  it('describes an engine that computes right, with the time of a step', async () => {
    const probe = await tryInChild({})('wasm');
    expect(probe).toMatchObject({ usable: true, description: { name: 'wasm', devices: ['CPU, 1 thread'] } });
    expect(probe.usable && probe.stepMs).toBeGreaterThan(0);
  });
});
