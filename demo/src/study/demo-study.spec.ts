import { describe, expect, it } from 'vitest';
import { studyForecast } from '@consilium/privacy';
import { parseOptions } from '../options.js';
import { demoStudy } from './demo-study.js';

const priceOf = async (...args: string[]) => studyForecast((await demoStudy(parseOptions(args))).study);

describe('the study of the demo', () => {
  it.each([
    ['patient/distributed', 1],
    ['patient/distributed', 0.3],
    ['patient/local', 1],
    ['patient/distributed', 5],
  ])('in mode %s costs what was asked for, and never more: epsilon %d', async (mode, epsilon) => {
    const price = await priceOf('--privacy', mode, '--epsilon', String(epsilon));
    expect(price?.delta).toBe(1e-4);
    expect(price?.promise.rdp).toBeLessThanOrEqual(epsilon);
    expect(price?.promise.rdp).toBeGreaterThanOrEqual(0.99 * epsilon);
    expect(price?.ifAllOthersCollude.rdp).toBeGreaterThanOrEqual(Number(price?.promise.rdp));
  });

  it('is private without a flag, at epsilon 1', async () => {
    expect((await demoStudy(parseOptions([]))).study.privacy).toMatchObject({ mode: 'patient/distributed', epsilonMax: 1, delta: 1e-4 });
  });

  it('has no price in mode none, and none can be asked for', async () => {
    expect(await priceOf('--privacy', 'none')).toBeUndefined();
    expect(() => parseOptions(['--privacy', 'none', '--epsilon', '1'])).toThrow(/promises no epsilon/);
  });

  it.each(['NaN', 'Infinity', '0', '-1', 'one'])('is not made for an epsilon of %s', (epsilon) => {
    expect(() => parseOptions(['--epsilon', epsilon])).toThrow(/--epsilon/);
  });

  it('names what to change where no noise reaches the epsilon', async () => {
    await expect(priceOf('--epsilon', '0.0001')).rejects.toMatchObject({ code: 'EPSILON_UNREACHABLE' });
  });
});
