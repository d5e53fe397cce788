import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { attemptTranscript, type Attempt } from './attempt-transcript.js';
import { bundleMac, checkKey, haveMac, stateMac } from './study-macs.js';

/** Expected values: Python 3.11, hmac, hashlib and json, written from proto/README.md. */
const studyKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const digest = Buffer.alloc(32, 0x5a);

const cleveland = { site: 'cleveland', seats: '01'.repeat(32), shares: '02'.repeat(32) };
const hungarian = { site: 'hungarian', seats: '03'.repeat(32), shares: '04'.repeat(32) };

const attempt: Attempt = {
  consortium: 'heart',
  study: 'ab'.repeat(32),
  keyEpoch: 0,
  round: 3,
  attempt: 1,
  kind: 'train',
  block: 0,
  seat: 5,
  participants: [cleveland, hungarian],
  state: 'cd'.repeat(32),
};

describe('codes under the study key', () => {
  it('are what another implementation computes from the same words', () => {
    expect(haveMac(studyKey, 7, digest).toString('hex')).toBe('2c54f39db65aa83414bd65635c2ca6689e207361829aa437cbd1ae72cc62990f');
    expect(stateMac(studyKey, digest).toString('hex')).toBe('7df15746d31cc4d6d091d3bf67aa04e942c0b82c89db5b5a6d448b401efab7a0');
    expect(bundleMac(studyKey, digest).toString('hex')).toBe('eb83d6f13e806055c8f357268b4206e47bd4cd1c2e4ef4c84a3bb7bb222a2bfb');
    expect(checkKey(studyKey, digest).toString('hex')).toBe('25d69ef9fe5715d9606c40a31b5f37a9a805955329f83734ca000ff45f53aac9');
  });

  it('differ by purpose, epoch, digest and key', () => {
    const codes = [
      haveMac(studyKey, 0, digest),
      haveMac(studyKey, 1, digest),
      stateMac(studyKey, digest),
      bundleMac(studyKey, digest),
      checkKey(studyKey, digest),
      stateMac(studyKey, Buffer.alloc(32)),
      stateMac(Buffer.alloc(32), digest),
    ].map((code) => code.toString('hex'));
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('are not computed for a key or digest of another length, or an epoch that is no number', () => {
    expect(() => stateMac(Buffer.alloc(31), digest)).toThrow(RangeError);
    expect(() => stateMac(studyKey, Buffer.alloc(33))).toThrow(RangeError);
    expect(() => checkKey(studyKey, Buffer.alloc(0))).toThrow(RangeError);
    for (const epoch of [-1, 2 ** 32, 1.5, Number.NaN]) expect(() => haveMac(studyKey, epoch, digest), String(epoch)).toThrow(RangeError);
  });
});

describe('the transcript of an attempt', () => {
  it('is SHA-256 of the canonical JSON that proto/README.md gives', () => {
    expect(attemptTranscript(attempt).toString('hex')).toBe('4dae0fed0232f8c9058f4fd9bbfe4f6cb8d8c5d5159e794bb5fe9c408a944d69');
  });

  it('differs with every one of its fields, and with the order of the participants', () => {
    const variants: Attempt[] = [
      attempt,
      { ...attempt, consortium: 'lung' },
      { ...attempt, study: 'ac'.repeat(32) },
      { ...attempt, keyEpoch: 1 },
      { ...attempt, round: 4 },
      { ...attempt, attempt: 2 },
      { ...attempt, kind: 'evaluate' },
      { ...attempt, block: 1 },
      { ...attempt, seat: 6 },
      { ...attempt, participants: [cleveland] },
      { ...attempt, participants: [hungarian, cleveland] },
      { ...attempt, participants: [cleveland, { ...hungarian, seats: '05'.repeat(32) }] },
      { ...attempt, participants: [cleveland, { ...hungarian, shares: '05'.repeat(32) }] },
      { ...attempt, state: 'ce'.repeat(32) },
    ];
    expect(new Set(variants.map((variant) => attemptTranscript(variant).toString('hex'))).size).toBe(variants.length);
  });

  it('is not computed over what has another form', () => {
    for (const wrong of [{ round: -1 }, { round: 0.5 }, { state: 'SUM_CHECK' }, { participants: [] }, { study: 'x' }])
      expect(() => attemptTranscript({ ...attempt, ...wrong }), JSON.stringify(wrong)).toThrow(z.ZodError);
  });
});
