import { afterEach, describe, expect, it } from 'vitest';
import { engine, startEngine, type Engine } from './engine.js';
import { selfCheck } from './self-check.js';
import { SELF_CHECK_OPERATIONS } from './self-check-operations.js';

const restore: (() => void)[] = [];
afterEach(() => restore.splice(0).forEach((put) => put()));

/** Puts another kernel in an operation's place until the test has ended. */
function breakKernel(tf: Engine, name: string, kernelFunc: ReturnType<Engine['getKernel']>['kernelFunc']): void {
  const right = tf.getKernel(name, 'wasm');
  const put = (config: typeof right) => {
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel(config);
  };
  put({ ...right, kernelFunc });
  restore.push(() => put(right));
}

describe('the self-check of an engine', () => {
  it('has twenty operations, which WebAssembly computes right and leaves nothing behind', async () => {
    const tf = await engine();
    const before = tf.memory().numTensors;
    expect(Object.keys(SELF_CHECK_OPERATIONS)).toHaveLength(20);
    expect(await selfCheck(tf)).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names the operation that is wrong', async () => {
    const tf = await engine();
    const { kernelFunc } = tf.getKernel('Relu', 'wasm');
    breakKernel(tf, 'Tanh', kernelFunc);
    expect(await selfCheck(tf)).toEqual(['tanh']);
  });

  it('names the operation that fails', async () => {
    const tf = await engine();
    breakKernel(tf, 'UnsortedSegmentSum', () => {
      throw new Error('out of memory');
    });
    expect(await selfCheck(tf)).toEqual(['gather gradient (failed)']);
  });
});

describe('the engine of a process', () => {
  it('is one: another cannot be started beside it', async () => {
    expect(await startEngine('wasm')).toMatchObject({ name: 'wasm' });
    await expect(startEngine('native')).rejects.toThrow(/computes with wasm/);
  });
});
