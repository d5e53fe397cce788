import { canonicalJson, sha256Hex, thresholds, type Json } from '@consilium/protocol';
import { signStatement } from '@consilium/identity';
import type { SiteSignature, UnmaskRequest } from '@consilium/protocol/wire';
import { combineShares, commitment, pairKey, publicRoundKey, siteMasks, type MaskTerm } from '@consilium/sealed-sum';
import { foldUploads } from '@consilium/sealed-sum/fold';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStoredStudy } from '../../site-agent/src/approval/index.js';
import { transcriptOf } from '../../site-agent/src/rounds/attempt-keys.js';
import { stateOfRound } from '../../site-agent/src/rounds/applied-states.js';
import { checkList, listStatement } from '../../site-agent/src/rounds/closed-list.js';
import { heldSeats } from '../../site-agent/src/rounds/seat-material.js';
import { sharesOfSeat } from '../../site-agent/src/rounds/seats/blocks.js';
import { findSeat } from '../../site-agent/src/rounds/seats/seat-secrets.js';
import { unpackSeat } from '../../site-agent/src/rounds/seats/held-shares.js';
import type { StudyAtSite } from '../../site-agent/src/rounds/study-at-site.js';
import { openShares } from '../../site-agent/src/rounds/unmask-message.js';
import type { Try } from '../../site-agent/test/study-world.js';
import { AttackedStudy } from '../support/attacked-study.js';
import { bareLanes, bareSlots } from '../support/bare-slots.js';
import { chiSquare, CRITICAL_AT_ONE_PERCENT } from '../support/chi-square.js';

/** n = 5, c = 1: t = 4. The coordinator has e on its side, and a is the site that it wants to read. */
const study = new AttackedStudy(['a', 'b', 'c', 'd', 'e']);
const { coordinator } = study;
beforeAll(() => study.begin(2));
afterAll(() => study.stop());

/** What the product refuses: as many signatures as half of the honest sites and all that collude, 2t = n + c. */
const withThree = (at: StudyAtSite): StudyAtSite => ({
  ...at,
  study: { ...at.study, derived: { ...at.study.derived, thresholds: { n: 5, c: 1, t: 3, m: 3 } } },
});

/** One half of the honest sites is told that a contributed, the other that it dropped out. */
const views = (attempt: Try) => [
  { half: ['a', 'b'], told: attempt },
  { half: ['c', 'd'], told: { ...attempt, contributors: ['b', 'c', 'd', 'e'] } },
];

/** Both halves sign what they are told, and e signs both. @returns what is then asked of each half */
async function tellBothHalves(attempt: Try) {
  study.give(1);
  await study.everywhere(() => study.contributeTask(attempt));
  return Promise.all(
    views(attempt).map(async ({ half, told }) => {
      const task = study.signListTask(told);
      await study.everywhere(() => task, half);
      const e = study.enter('e');
      const statement = listStatement(
        e,
        checkList(e, task.value, (place) => heldSeats(e, place, told.participants)),
        e.name,
      );
      const colluder: SiteSignature = { site: 'e', signature: signStatement('list', statement, study.at('e').keys.identityKey).signature };
      const { value } = study.unmaskTask(told, half);
      return { half, task: { $case: 'unmask' as const, value: { ...value, signatures: [...value.signatures, colluder] } } };
    }),
  );
}

describe('two views of who contributed', () => {
  it('get no t signatures where 2t > n + c, and nothing is released', async () => {
    for (const { half, task } of await tellBothHalves(study.attempt(1, 0)))
      for (const name of half) expect(await study.outcome(name, task)).toBe('LIST_REFUSED');
    for (const name of study.names) expect(coordinator.said.has(`unmask ${name}`)).toBe(false);
    // What the agent of a sent holds against both that look at it, e with its own mask with a. Keys are fresh in every run: hence 2.
    const attempt = study.attempt(1, 0);
    const { privateKey, transcript } = seatOfE(attempt);
    const withA = pairKey(privateKey, study.adverts(['a'])[0]!.roundKeys[0]!, transcript);
    const slots = await aloneSlots(attempt, [{ key: withA, sign: -1 }]);
    expect(chiSquare(slots, BigInt(study.study.derived.sums.train.plainModulus))).toBeLessThan(2 * CRITICAL_AT_ONE_PERCENT);
  });

  it('control: open both secrets of a site, and all that it sent, where 2t = n + c', async () => {
    study.see = withThree;
    await study.openBlock(1, 1);
    const attempt = study.attempt(1, 1, { block: 1, seat: 0 });
    for (const { half, task } of await tellBothHalves(attempt)) for (const name of half) await study.perform(name, task);
    const { b, roundKey } = await pooledSecrets(attempt);
    const advert = study.adverts(['a'])[0]!;
    expect(commitment(b)).toEqual(advert.commitments[0]);
    expect(publicRoundKey(roundKey)).toEqual(advert.roundKeys[0]);
    const sent = [...study.give(1).get(study.names[0]!)!];
    expect((await readUpload(attempt, b, roundKey)).slice(0, sent.length)).toEqual(sent);
    study.see = (at) => at;
  });

  it('of who took part make two transcripts: signatures over the same list do not add up', async () => {
    await study.openBlock(2, 1);
    const attempt = study.attempt(1, 2, { block: 2, seat: 0, contributors: ['b', 'c', 'd', 'e'] });
    const other = { ...attempt, participants: ['b', 'c', 'd', 'e'] };
    await study.everywhere((name) => study.contributeTask(name < 'd' ? attempt : other), ['b', 'c', 'd', 'e']);
    await study.everywhere((name) => study.signListTask(name < 'd' ? attempt : other), ['b', 'c', 'd', 'e']);
    for (const told of [attempt, other]) {
      const { value } = study.unmaskTask(told, ['b', 'c', 'd', 'e']);
      expect(value.list?.contributors).toEqual(study.list(attempt).contributors);
      for (const name of ['b', 'c', 'd', 'e']) expect(await study.outcome(name, { $case: 'unmask', value })).toBe('LIST_REFUSED');
    }
  });
});

describe('the object of n, c, t and m', () => {
  it('never has 2t ≤ n + c, and refuses to go on with as few sites', () => {
    for (let n = 3; n <= 60; n++)
      for (let c = 1; c <= n - 3; c++) {
        const { t, m } = thresholds(n, undefined, c);
        expect(2 * t).toBeGreaterThan(n + c);
        expect(m).toBeGreaterThanOrEqual(t);
        expect(() => thresholds(n, t - 1, c)).toThrow(/2t > n \+ c/);
      }
    expect(() => thresholds(5, 3, 1)).toThrow(expect.objectContaining({ code: 'THRESHOLDS' }));
  });

  it('is computed by each site from the study: one that was written into it is refused', () => {
    const written = JSON.parse(study.specification.toString()) as { derived: { thresholds: object } };
    expect(readStoredStudy({ hash: study.hash, specification: study.specification }).derived.thresholds).toEqual({
      n: 5,
      c: 1,
      t: 4,
      m: 4,
    });
    written.derived.thresholds = { n: 5, c: 1, t: 3, m: 3 };
    const specification = canonicalJson(written as unknown as Json);
    const hash = sha256Hex(specification) as typeof study.hash;
    expect(() => readStoredStudy({ hash, specification })).toThrow(expect.objectContaining({ code: 'INVALID_STUDY' }));
  });
});

/** What the coordinator and e put together: shares of b from a, b and e, of the round key from c, d and e. */
async function pooledSecrets({ keyEpoch, round, attempt, block, seat }: Try) {
  const e = study.enter('e');
  const place = { keyEpoch, round, attempt, block, seat };
  const own = unpackSeat(sharesOfSeat(e.state, { study: study.hash, keyEpoch, block }, seat)!).get('a')!;
  const ofB = study.names
    .filter((name) => name === 'a' || name === 'b')
    .map((name) => openShares(e, study.keysAt('e'), place, name, study.unmaskOf(name).sealed)?.find(({ site }) => site === 'a')?.share);
  const ofKey = ['c', 'd'].map((name) => coordinator.word<UnmaskRequest>('unmask', name).dropped.find(({ site }) => site === 'a')?.share);
  return {
    b: (await combineShares([own.selfSecret.share, ...ofB] as Uint8Array[]))!,
    roundKey: (await combineShares([own.roundKey.share, ...ofKey] as Uint8Array[]))!,
  };
}

/** What e knows of an attempt. */
function seatOfE(attempt: Try) {
  const e = study.enter('e');
  const { keyEpoch, block, seat, participants } = attempt;
  const { participants: seats } = heldSeats(e, attempt, participants);
  const { digest } = stateOfRound(e.state, study.hash, 0)!;
  const transcript = transcriptOf(e, study.keysAt('e'), attempt, 'train', seats, digest);
  const { roundKey } = findSeat(e.state, { study: study.hash, keyEpoch, block, seat })!;
  return { seats, transcript, privateKey: roundKey };
}

/** The coefficients of a's upload by itself, decrypted with the key that e holds. */
async function aloneSlots(attempt: Try, masks: readonly MaskTerm[]): Promise<BigUint64Array> {
  const upload = coordinator.path(study.uploadOf('a', attempt).sha256);
  const output = `${upload}-alone`;
  await foldUploads({ uploads: [upload], output, parameters: study.study.derived.sums.train, keyEpoch: attempt.keyEpoch, threads: 1 });
  return bareSlots(output, study.keysAt('e').bfvKey, masks);
}

/** The lanes of a's upload, with the keys that e has and the two secrets. */
async function readUpload(attempt: Try, selfSecret: Uint8Array, privateKey: Uint8Array): Promise<readonly number[]> {
  const { seats, transcript } = seatOfE(attempt);
  const peers = seats.slice(1).map(({ roundKey }, index) => ({ index: index + 1, publicKey: roundKey }));
  const { self, pairs } = siteMasks({ index: 0, privateKey, selfSecret }, peers, transcript);
  const taken = pairs.map(({ key, sign }): MaskTerm => ({ key, sign: sign === 1 ? -1 : 1 }));
  return [...bareLanes(await aloneSlots(attempt, [{ key: self, sign: -1 }, ...taken]))];
}
