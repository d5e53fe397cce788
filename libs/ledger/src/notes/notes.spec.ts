import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newSigner, readKey } from '../../test/world.js';
import { checkpointBody, isSignedByOwner, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { cosign, cosignedAt, cosigners, withSignatures } from './cosignature.js';
import { keyId, parseNote, parseSignatureLine } from './signed-note.js';

// The example of C2SP signed-note and tlog-checkpoint (golang.org/x/mod/sumdb/note, note_test.go: PeterNeumann's key).
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const origin = 'cardio/st-elsewhere/heart';
const owner = newSigner();
const witness = newSigner();
const checkpoint = { origin, size: 12, root: Buffer.alloc(32, 7) };
const text = signCheckpoint(checkpoint, owner);
const cosigned = (signer = witness, name = 'cardio/zurich', body = checkpointBody(checkpoint)) =>
  parseSignatureLine(cosign(body, name, signer, 1_700_000_000));
const invalid = expect.objectContaining({ code: 'NOTE_INVALID', exitCode: 6 });

describe('a signed note', () => {
  it("agrees with the key and the note of Go's implementation", () => {
    const [name = '', id, encoded = ''] = PETER.split('+');
    const material = Buffer.from(encoded, 'base64');
    const raw = material.subarray(1);
    expect(keyId(name, material[0]!, raw).toString('hex')).toBe(id);
    const note = parseNote(PETER_NOTE);
    const [line] = note.signatures;
    expect(line?.keyId.toString('hex')).toBe(id);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
    expect(verify(null, Buffer.from(note.body), key, line!.signature)).toBe(true);
  });
});

describe('a checkpoint', () => {
  it('is three lines, a blank one, and signatures; reads back as what it was', () => {
    expect(text).toMatch(
      /^cardio\/st-elsewhere\/heart\n12\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— cardio\/st-elsewhere\/heart [A-Za-z0-9+/]+=*\n$/,
    );
    const read = parseCheckpoint(text);
    expect(read).toMatchObject(checkpoint);
    expect(isSignedByOwner(read, [newSigner().publicKey, owner.publicKey], readKey)).toBe(true);
    expect(isSignedByOwner(read, [witness.publicKey], readKey)).toBe(false);
    expect(isSignedByOwner(parseCheckpoint(text.replace('\n12\n', '\n13\n')), [owner.publicKey], readKey)).toBe(false);
  });

  const spoiled: [string, string][] = [
    ['a size with a zero in front', text.replace('\n12\n', '\n012\n')],
    ['a negative size', text.replace('\n12\n', '\n-12\n')],
    ['a size that no tree has', text.replace('\n12\n', '\n4294967296\n')],
    ['a fourth line', text.replace('\n\n', '\nextension\n\n')],
    ['a root of 31 bytes', text.replace(/BwcH.*c=/, Buffer.alloc(31, 7).toString('base64'))],
    ['a root with other spare bits', text.replace('Bwc=\n', 'Bwd=\n')],
    ['an origin of two parts', text.replace('cardio/st-elsewhere/heart\n', 'cardio/heart\n')],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
    ['no blank line', text.replace('\n\n', '\n')],
    ['no line feed at the end', text.slice(0, -1)],
    ['no signature', text.slice(0, text.indexOf('\n\n') + 2)],
    ['a plain hyphen before the name', text.replace('—', '-')],
    ['a signature that is no base64', text.replace(/(— \S+ ).*/, '$1!!!!')],
    ['text after the signatures', `${text}more\n`],
    ['nothing', ''],
  ];
  it.each(spoiled)('is refused with %s', (_, note) => expect(() => parseCheckpoint(note)).toThrow(invalid));
});

describe('a cosignature', () => {
  it('covers the body and its own time, under the name and key of the witness', () => {
    const body = checkpointBody(checkpoint);
    const at = (line = cosigned(), name = 'cardio/zurich', key = witness.publicKey, over = body) =>
      cosignedAt(over, line, name, key, readKey);
    expect(at()).toBe(1_700_000_000);
    expect(at(cosigned(), 'cardio/basel')).toBeUndefined();
    expect(at(cosigned(), 'cardio/zurich', owner.publicKey)).toBeUndefined();
    expect(at(cosigned(), 'cardio/zurich', witness.publicKey, body.replace('12', '13'))).toBeUndefined();
    const later = cosigned();
    later.signature[7]! ^= 1;
    expect(at(later)).toBeUndefined();
    // A plain signature of the same key over the same body is no cosignature.
    expect(at(parseCheckpoint(signCheckpoint(checkpoint, witness)).note.signatures[0])).toBeUndefined();
  });

  it('is counted once for each witness, and lines of strangers are ignored', () => {
    const lines = [cosigned(), cosigned(), cosigned(newSigner(), 'cardio/basel'), cosigned(newSigner(), 'cardio/stranger')];
    const note = parseCheckpoint(withSignatures(parseCheckpoint(text), lines));
    const witnesses = [
      { site: 'zurich', keys: [newSigner().publicKey, witness.publicKey] },
      { site: 'basel', keys: [newSigner().publicKey] },
    ];
    expect(cosigners(note, 'cardio', witnesses, readKey)).toEqual([{ site: 'zurich', seconds: 1_700_000_000 }]);
  });
});
