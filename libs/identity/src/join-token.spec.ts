import { ConsiliumError } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashTokenSecret, mintJoinToken, parseJoinToken } from './join-token.js';

const ca = '5e'.repeat(32);
const { token, secretHash } = mintJoinToken({ url: 'coord.heart.example:443', caSpkiSha256: ca, site: 'cleveland' });

function refusal(text: string): ConsiliumError {
  try {
    parseJoinToken(text);
  } catch (error) {
    if (error instanceof ConsiliumError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('a join token', () => {
  it('carries the address, the hash of the CA key and a secret that the coordinator keeps only hashed', () => {
    const read = parseJoinToken(token);
    expect(read).toEqual({ coordinator: 'coord.heart.example:443', caSpkiSha256: ca, site: 'cleveland', secret: expect.any(String) });
    expect(Buffer.from(read.secret, 'base64url')).toHaveLength(32);
    expect(hashTokenSecret(read.secret)).toBe(secretHash);
    expect(secretHash).toMatch(/^[0-9a-f]{64}$/);
    expect(token).toMatch(/^consilium-join-1\.[A-Za-z0-9_.-]+$/);
  });

  it('is another one every time', () => {
    const again = mintJoinToken({ url: 'coord.heart.example:443', caSpkiSha256: ca, site: 'cleveland' });
    expect(again.secretHash).not.toBe(secretHash);
  });

  it('may name no site, an address in brackets, and arrive wrapped by a mail program', () => {
    const open = mintJoinToken({ url: '[2001:db8::1]:8443', caSpkiSha256: ca });
    expect(parseJoinToken(open.token)).toEqual({ coordinator: '[2001:db8::1]:8443', caSpkiSha256: ca, secret: expect.any(String) });
    expect(parseJoinToken(`\n  ${token.slice(0, 70)}\r\n  ${token.slice(70)}\n`)).toEqual(parseJoinToken(token));
  });

  it('is refused as cut short wherever it was cut', () => {
    for (let length = 1; length < token.length; length += 1)
      expect(refusal(token.slice(0, length)).message).toBe('The join token is cut short.');
  });

  it('is refused when any one character differs', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...letters), (at, letter) => {
        fc.pre(token[at] !== letter);
        expect(refusal(token.slice(0, at) + letter + token.slice(at + 1)).code).toBe('TOKEN_INVALID');
      }),
    );
    expect(refusal(`${token}x`).message).toBe('The join token is mistyped or damaged.');
    expect(refusal(token.slice(0, 40) + token[41] + token[40] + token.slice(42)).message).toBe('The join token is mistyped or damaged.');
  });

  it('says what came instead of it', () => {
    expect(refusal('  \n').message).toBe('The join token is empty.');
    expect(refusal('ghp_0123456789').message).toBe('The join token is not a join token.');
    expect(refusal('consilium-join-2.abc.def').message).toBe('The join token is of a kind that this version does not know.');
    expect(refusal('x'.repeat(100_000)).message).toBe('The join token is too long.');
  });

  it('never shows itself in what is said about it', () => {
    const { secret } = parseJoinToken(token);
    const body = token.slice('consilium-join-1.'.length);
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(token.length), (junk, at) => {
        fc.pre(junk.trim() !== '');
        const { message, fix, cause } = refusal(token.slice(0, at) + junk.replace(/\s/g, '!') + token.slice(at));
        for (let start = 0; start + 12 <= body.length; start += 12) expect(message + fix).not.toContain(body.slice(start, start + 12));
        expect(message + fix).not.toContain(secret);
        expect(cause).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('is not made for an address without a port or a hash of the wrong length', () => {
    for (const url of ['coord', 'coord:0', 'coord:70000', 'https://coord:443', '2001:db8::1:443', '[coord]:443', ':443'])
      expect(() => mintJoinToken({ url, caSpkiSha256: ca }), url).toThrow(z.ZodError);
    expect(() => mintJoinToken({ url: 'coord:443', caSpkiSha256: 'ab' })).toThrow(z.ZodError);
  });
});
