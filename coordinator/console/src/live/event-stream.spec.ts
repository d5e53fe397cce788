import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStreamParser } from './event-stream.js';

describe('a stream of events', () => {
  it('gives the same messages wherever the line cuts it into pieces', () => {
    const text = ': heartbeat\n\nid: 7\r\nevent: x\r\ndata: {"a":\r\ndata: 1}\r\n\r\nid: 8\rdata:b\r\rdata: c\n\ndata: unfinished';
    const whole = new EventStreamParser().feed(text);
    expect(whole).toEqual([
      { id: '7', data: '{"a":\n1}' },
      { id: '8', data: 'b' },
      { id: '8', data: 'c' },
    ]);
    const between = text.indexOf('data: 1') - 1;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
        const parser = new EventStreamParser();
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        expect(at.slice(1).flatMap((end, index) => parser.feed(text.slice(at[index], end)))).toEqual(whole);
      }),
      // A piece of nothing between the two halves of one end of a line.
      { examples: [[[between, between]]] },
    );
  });
});
