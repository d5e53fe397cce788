import { beforeAll, describe, expect, it } from 'vitest';
import { CASES } from './cases/index.js';
import { complaints, computeOn, type Computed } from './differential.js';

let cpu: Computed;
let wasm: Computed;
beforeAll(async () => {
  [cpu, wasm] = await Promise.all([computeOn('cpu'), computeOn('wasm')]);
});

describe('the WebAssembly engine with the kernel pack', () => {
  it('computes what the cpu backend and the 64-bit loops compute, forwards and backwards', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(379);
    expect(complaints(wasm, cpu)).toEqual([]);
  });

  it('keeps no tensor that the cpu backend does not keep', () => {
    expect(wasm.left).toBe(cpu.left);
  });

  it('gives the same bits again in another process', async () => {
    expect(await computeOn('wasm')).toEqual(wasm);
  });
});

describe('the comparison', () => {
  it('sees that the cpu backend averages its gradient over what lies outside the image', () => {
    expect(complaints(cpu, cpu).filter((complaint) => complaint.startsWith('avgPool'))).not.toEqual([]);
  });

  it('sees a single wrong value', () => {
    const results = { ...wasm.results };
    const { forward, gradients } = results['softmax'] ?? { forward: [], gradients: [] };
    results['softmax'] = { forward: Array.isArray(forward) ? forward.with(7, 0.5) : forward, gradients };
    expect(complaints({ ...wasm, results }, cpu)).toEqual([expect.stringMatching(/^softmax, forwards: off by/)]);
  });
});
