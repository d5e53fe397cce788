import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealingKey, openSealed, sealingPublicKey, sealTo } from './sealing.js';

const recipient = await createSealingKey();
const context = { info: Buffer.from('consilium/v1/study-keys'), aad: Buffer.from('study, epoch 0') };
const plaintext = Buffer.from('thirty-two bytes of a study key.');
const sealed = await sealTo({ ...context, publicKey: recipient.publicKey, plaintext });
const whole = { ...context, ...sealed, privateKey: recipient.privateKey };

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

describe('sealing', () => {
  it('reaches the one whose key it was sealed to', async () => {
    expect(await openSealed(whole)).toEqual(plaintext);
    expect([recipient.privateKey.length, recipient.publicKey.length]).toEqual([32, 1216]);
    expect([sealed.encapsulatedKey.length, sealed.ciphertext.length]).toEqual([1120, plaintext.length + 16]);
  });

  it('derives the public key from the seed as draft-connolly-cfrg-xwing-kem does', async () => {
    const seed = Buffer.from('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26', 'hex');
    const published = await sealingPublicKey(seed);
    expect(published.subarray(0, 32).toString('hex')).toBe('e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5');
    expect(await sealingPublicKey(recipient.privateKey)).toEqual(recipient.publicKey);
  });

  it('is never the same twice', async () => {
    const again = await sealTo({ ...context, publicKey: recipient.publicKey, plaintext });
    expect(again.encapsulatedKey).not.toEqual(sealed.encapsulatedKey);
    expect(again.ciphertext).not.toEqual(sealed.ciphertext);
  });

  it('takes slices of larger buffers and empty messages', async () => {
    const large = Buffer.concat([Buffer.from('before'), plaintext, Buffer.from('after')]).subarray(6, 6 + plaintext.length);
    const slice = await sealTo({ ...context, publicKey: recipient.publicKey, plaintext: large });
    expect(await openSealed({ ...whole, ...slice })).toEqual(plaintext);
    const nothing = await sealTo({ ...context, publicKey: recipient.publicKey, plaintext: new Uint8Array(0) });
    expect(await openSealed({ ...whole, ...nothing })).toHaveLength(0);
  });

  it('does not open with another key, info or aad, and says the same for each', async () => {
    const other = await createSealingKey();
    for (const wrong of [
      { ...whole, privateKey: other.privateKey },
      { ...whole, privateKey: Buffer.alloc(31) },
      { ...whole, info: Buffer.from('other') },
      { ...whole, aad: Buffer.from('study, epoch 1') },
      { ...whole, encapsulatedKey: Buffer.alloc(0) },
      { ...whole, ciphertext: Buffer.alloc(0) },
    ])
      await expect(openSealed(wrong)).rejects.toMatchObject({
        code: 'SEAL_INVALID',
        message: "A sealed message does not open with this site's key.",
      });
  });

  it('does not open when any byte of it was changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.encapsulatedKey.length - 1), fc.nat(sealed.ciphertext.length - 1), async (key, text) => {
        await expect(openSealed({ ...whole, encapsulatedKey: flipped(sealed.encapsulatedKey, key) })).rejects.toMatchObject({
          code: 'SEAL_INVALID',
        });
        await expect(openSealed({ ...whole, ciphertext: flipped(sealed.ciphertext, text) })).rejects.toMatchObject({
          code: 'SEAL_INVALID',
        });
      }),
      { numRuns: 15 },
    );
  });

  it('is refused to what is no sealing key', async () => {
    for (const publicKey of [Buffer.alloc(0), Buffer.alloc(1215), Buffer.alloc(1216, 0xff)])
      await expect(sealTo({ ...context, publicKey, plaintext }), String(publicKey.length)).rejects.toMatchObject({ code: 'SEAL_INVALID' });
  });
});
