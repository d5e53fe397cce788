import { randomBytes } from 'node:crypto';
import type { SiteName } from '@consilium/protocol';
import { boxProofs, roundKeyPair, shareProof, shareRoot, splitSecret } from '@consilium/sealed-sum';
import { beforeEach, describe, expect, it } from 'vitest';
import { launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import type { DroppedShareRecord } from '../rounds/study-event.js';
import type { ClosedAttempt, StudyState } from '../rounds/study-state.js';
import { masksOfDropped, sharesAreIn } from './dropped-masks.js';

const [a, b, c, d] = sitesNamed('a', 'b', 'c', 'd') as [SiteName, SiteName, SiteName, SiteName];
const transcript = Buffer.alloc(32, 3);

describe('the round key of a site that dropped out', () => {
  const study = testStudy();
  let attempt: ClosedAttempt;
  const state = { hash: 'aa', study } as Pick<StudyState, 'hash' | 'study'>;
  let released: Map<SiteName, DroppedShareRecord>;

  /** Site d has dealt shares of `dealt`, has advertised `advertised`, and did not contribute. */
  const dealt = async (dealtKey: Buffer, advertised: Buffer): Promise<void> => {
    const world = upload(launched(new TestWorld(study)), a, b, c)
      .leave(d)
      .pass(30_000);
    const { activity } = world.state;
    if (activity.phase !== 'round' || activity.attempt.phase !== 'closed') throw new Error(`at ${activity.phase}`);
    const closed = activity.attempt;
    const seats = closed.blockSeats;
    const shares = await splitSecret(dealtKey, 4, study.derived.thresholds.t);
    const boxes = shares.map((share) =>
      Array.from({ length: 2 * seats }, (_, place) => (place === 2 * closed.seat + 1 ? share : randomBytes(33))),
    );
    const proofs = boxProofs(boxes);
    const hex = (list: readonly Uint8Array[]) => list.map((bytes) => Buffer.from(bytes).toString('hex'));
    released = new Map(
      [a, b, c, d].map((holder, index) => {
        const { inBox, ofBox } = shareProof(boxes[index] ?? [], 2 * closed.seat + 1, proofs[index] ?? []);
        const share = Buffer.from(shares[index] ?? []).toString('hex');
        return [holder, { site: d, share, inBox: hex(inBox), ofBox: hex(ofBox) }];
      }),
    );
    const material = new Map(
      [a, b, c].map((site) => [site, { ...seatOf(closed, site), roundKey: roundKeyPair().publicKey.toString('hex') }]),
    );
    material.set(d, { ...seatOf(closed, d), roundKey: advertised.toString('hex'), shares: shareRoot(boxes).toString('hex') });
    attempt = { ...closed, seats: material, releases: new Map() };
  };
  const seatOf = (closed: ClosedAttempt, site: SiteName) => {
    const seat = closed.seats.get(site);
    if (!seat) throw new Error(`no seat of ${site}`);
    return seat;
  };
  const release = (...holders: SiteName[]): ClosedAttempt => ({
    ...attempt,
    releases: new Map(
      holders.map((holder) => [holder, { sealed: '', signature: '', dropped: [released.get(holder) as DroppedShareRecord] }]),
    ),
  });

  beforeEach(async () => {
    const { privateKey, publicKey } = roundKeyPair();
    await dealt(privateKey, publicKey);
  });

  it('is rebuilt from t shares, for its pair with each contributor', async () => {
    expect(sharesAreIn(state, release(a, b), [d])).toBe(false);
    expect(sharesAreIn(state, release(a, b, c), [d])).toBe(true);
    const { terms, faulty } = await masksOfDropped(state, release(a, b, c), [d], transcript);
    expect(terms).toHaveLength(3);
    expect(faulty).toEqual([]);
  });

  it('is waited for where a share is not the one that was dealt, and rebuilt from others, with the name of its holder', async () => {
    released.set(b, { ...(released.get(b) as DroppedShareRecord), share: randomBytes(33).toString('hex') });
    expect(sharesAreIn(state, release(a, b, c), [d])).toBe(false);
    expect(sharesAreIn(state, release(a, b, c, d), [d])).toBe(true);
    expect((await masksOfDropped(state, release(a, b, c, d), [d], transcript)).faulty).toEqual(['b']);
  });

  it('takes no share for that of another holder', () => {
    released.set(b, released.get(a) as DroppedShareRecord);
    expect(sharesAreIn(state, release(a, b, c), [d])).toBe(false);
  });

  it('names a site that dealt shares of another key than it advertised', async () => {
    await dealt(roundKeyPair().privateKey, roundKeyPair().publicKey);
    await expect(masksOfDropped(state, release(a, b, c), [d], transcript)).rejects.toMatchObject({
      code: 'DEALT_INVALID',
      problems: [{ path: 'd' }],
    });
  });
});
