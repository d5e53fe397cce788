import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

/** The repository's own rules. */
const eslint = new ESLint({ cwd: resolve(import.meta.dirname, '../..') });

describe('arithmetic of the server optimisers', () => {
  it.each([
    ['a power', 'export const decay = (beta: number, t: number): number => Math.pow(beta, t);'],
    ['a power operator', 'export const decay = (beta: number, t: number): number => beta ** t;'],
    ['an assigned power', 'export function decay(beta: number): number { let b = beta; b **= 2; return b; }'],
    ['an exponential', 'export const step = (x: number): number => Math.exp(x);'],
    ['a fused hypotenuse', 'export const norm = (a: number, b: number): number => Math.hypot(a, b);'],
    ['a computed name', "export const step = (x: number): number => Math['log'](x);"],
    ['a destructured function', 'const { exp } = Math; export const step = (x: number): number => exp(x);'],
    ['another name for Math', 'const M = Math; export const step = (x: number): number => M.exp(x);'],
    ['Math from the global object', "export const step = (x: number): number => globalThis['Math'].exp(x);"],
    ['Math as a global property', 'export const step = (x: number): number => globalThis.Math.exp(x);'],
  ])('is refused where engines may differ: %s', async (_, code) => {
    expect(await complaints('libs/learning/src/optimisers/planted.ts', code)).toContain('no-restricted-syntax');
  });

  it('may add, subtract, multiply, divide and take a square root', async () => {
    const adam = 'export const step = (m: number, v: number, tau: number): number => (0.1 * m) / (Math.sqrt(v) + tau) - 0;';
    expect(await complaints('libs/learning/src/optimisers/planted.ts', adam)).toEqual([]);
  });

  it('is free elsewhere, where sites need not agree bit for bit', async () => {
    expect(await complaints('libs/learning/src/metrics/planted.ts', 'export const loss = (p: number): number => -Math.log(p);')).toEqual(
      [],
    );
  });
});

async function complaints(filePath: string, code: string): Promise<readonly (string | null)[]> {
  const results = await eslint.lintText(code, { filePath });
  return results.flatMap((result) => result.messages.map((message) => (message.fatal === true ? message.message : message.ruleId)));
}
