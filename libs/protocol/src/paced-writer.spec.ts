import { describe, expect, it } from 'vitest';
import { PacedWriter } from './wire.js';

/** A call whose line takes a message when the test says so. */
function line() {
  const waiting: ((error?: Error) => void)[] = [];
  const written: string[] = [];
  const call = {
    write: (message: string, taken: (error?: Error) => void) => {
      written.push(message);
      waiting.push(taken);
    },
  };
  return { call, written, take: (error?: Error) => waiting.shift()?.(error) };
}

/** What has happened by the time all that is due has run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a paced writer', () => {
  it('is a few messages ahead of the line, and no more', async () => {
    const { call, written, take } = line();
    const writer = new PacedWriter<string>(call, () => undefined, new AbortController().signal);
    void (async () => {
      for (let message = 0; message < 100; message++) await writer.write(String(message));
    })();
    await settled();
    expect(written).toHaveLength(6);
    take();
    await settled();
    expect(written).toHaveLength(7);
  });

  it('tells of each message that the line has taken, and of none that it lost', async () => {
    const { call, take } = line();
    let moved = 0;
    const writer = new PacedWriter<string>(call, () => (moved += 1), new AbortController().signal);
    for (const message of ['a', 'b', 'c']) await writer.write(message);
    expect(moved).toBe(0);
    take();
    take(new Error('cut'));
    expect(moved).toBe(1);
  });

  it('waits no longer when the call is over', async () => {
    const { call } = line();
    const over = new AbortController();
    const writer = new PacedWriter<string>(call, () => undefined, over.signal);
    for (let message = 0; message < 5; message++) await writer.write('x');
    const sixth = writer.write('x');
    over.abort();
    await expect(sixth).resolves.toBeUndefined();
  });
});
