import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrowserBuffer } from './browser-buffer.js';

const bytes = fc.uint8Array({ maxLength: 60 });
const encoding = fc.constantFrom('utf8', 'hex', 'base64');
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

describe("the browser's bytes", () => {
  it("are those of Node's Buffer, from text in its encoding and back", () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(hex(BrowserBuffer.from(text))).toBe(hex(Buffer.from(text)));
      }),
    );
    fc.assert(
      fc.property(bytes, encoding, (value, as) => {
        const text = Buffer.from(value).toString(as);
        expect(BrowserBuffer.from(value).toString(as)).toBe(text);
        if (as !== 'utf8') expect(hex(BrowserBuffer.from(text, as))).toBe(hex(value));
      }),
    );
  });

  it('have one spelling where they have one in Node: what is no hex or base64 does not come back as it was', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'0123abcdABCDg/+-_= \n'), maxLength: 12 });
    const comesBack = (text: string, as: 'hex' | 'base64') => [
      BrowserBuffer.from(text, as).toString(as) === text,
      Buffer.from(text, as).toString(as) === text,
    ];
    fc.assert(
      fc.property(nearly, fc.constantFrom('hex' as const, 'base64' as const), (text, as) => {
        const [mine, nodes] = comesBack(text, as);
        expect(mine).toBe(nodes);
      }),
      { numRuns: 500 },
    );
  });

  it('are cut, joined, copied, compared and read alike', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(60), fc.nat(60), (one, other, start, at) => {
        const [mine, nodes] = [BrowserBuffer.from(one), Buffer.from(one)];
        expect(hex(mine.subarray(start))).toBe(hex(nodes.subarray(start)));
        expect(hex(BrowserBuffer.concat([one, other]))).toBe(hex(Buffer.concat([one, other])));
        expect(BrowserBuffer.compare(one, other)).toBe(Buffer.compare(one, other));
        expect(mine.equals(other)).toBe(nodes.equals(other));
        expect(hex(BrowserBuffer.from(one.buffer, one.byteOffset, one.length))).toBe(hex(one));
        if (start > one.length || at > other.length) return;
        const [to, too] = [BrowserBuffer.from(other), Buffer.from(other)];
        expect(mine.copy(to, at, start)).toBe(nodes.copy(too, at, start));
        expect(hex(to)).toBe(hex(too));
        if (one.length >= start + 8) expect(mine.readBigUInt64BE(start)).toBe(nodes.readBigUInt64BE(start));
      }),
    );
  });
});
