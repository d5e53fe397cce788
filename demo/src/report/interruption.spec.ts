import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { interruption } from './interruption.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
let before: ReadonlyMap<string, readonly unknown[]>;
beforeEach(() => (before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]))));
afterEach(() => {
  for (const signal of SIGNALS)
    for (const listener of process.listeners(signal)) if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
});

it('a program whose output nobody reads any more ends as if it had been asked to, and leaves nothing running', () => {
  const output = new PassThrough();
  const { signal } = interruption([output]);
  expect(signal.aborted).toBe(false);
  output.emit('error', new Error('EPIPE'));
  expect(signal.aborted).toBe(true);
});
