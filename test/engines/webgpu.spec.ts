import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, computeOn, WEBGPU_TOLERANCE } from './differential.js';
import { noSoftwareDriver, softwareDriver, type SoftwareDriver } from './swiftshader.js';

const reason = noSoftwareDriver();

// On a software driver, which compiles each shader: a part of the cases. `npm run engine:test -- webgpu` takes them all.
describe.skipIf(reason !== undefined)(`the WebGPU engine${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let driver: SoftwareDriver;
  beforeAll(() => {
    driver = softwareDriver();
  });
  afterAll(() => driver.remove());

  it('computes what the cpu backend and the 64-bit loops compute, forwards and backwards', async () => {
    const [cpu, webgpu] = await Promise.all([computeOn('cpu', { part: 'quick' }), computeOn('webgpu', { part: 'quick', ...driver })]);
    expect(complaints(webgpu, cpu, WEBGPU_TOLERANCE)).toEqual([]);
    expect(webgpu.devices).toEqual([expect.stringContaining('SwiftShader')]);
  });
});
