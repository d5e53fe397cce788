import { randomBytes } from 'node:crypto';
import type { SiteName } from '@consilium/protocol';
import { boxProofs, roundKeyPair, shareProof, shareRoot, splitSecret } from '@consilium/sealed-sum';
import { beforeEach, describe, expect, it } from 'vitest';
import { launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import type { ReleasedShare } from '@consilium/protocol/wire';
import type { ClosedAttempt, StudyState } from '../rounds/study-state.js';
import { masksOfDropped, sharesAreIn, type SharesByHolder } from './dropped-masks.js';

const [a, b, c, d] = sitesNamed('a', 'b', 'c', 'd') as [SiteName, SiteName, SiteName, SiteName];
const transcript = Buffer.alloc(32, 3);

describe('the round key of a site that dropped out', () => {
  const study = testStudy();
  let attempt: ClosedAttempt;
  const state = { hash: 'aa', study } as Pick<StudyState, 'hash' | 'study'>;
  let released: Map<SiteName, ReleasedShare>;

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
    const buffers = (list: readonly Uint8Array[]) => list.map((bytes) => Buffer.from(bytes));
    released = new Map(
      [a, b, c, d].map((holder, index) => {
        const { inBox, ofBox } = shareProof(boxes[index] ?? [], 2 * closed.seat + 1, proofs[index] ?? []);
        const share = Buffer.from(shares[index] ?? []);
        return [holder, { site: d, share, inBox: buffers(inBox), ofBox: buffers(ofBox) }];
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
  const release = (...holders: SiteName[]): SharesByHolder =>
    new Map(holders.map((holder) => [holder, [released.get(holder) as ReleasedShare]]));

  beforeEach(async () => {
    const { privateKey, publicKey } = roundKeyPair();
    await dealt(privateKey, publicKey);
  });

  it('is rebuilt from t shares, for its pair with each contributor', async () => {
    expect(sharesAreIn(state, attempt, [d], release(a, b))).toBe(false);
    expect(sharesAreIn(state, attempt, [d], release(a, b, c))).toBe(true);
    const { terms, faulty } = await masksOfDropped(state, attempt, [d], release(a, b, c), transcript);
    expect(terms).toHaveLength(3);
    expect(faulty).toEqual([]);
  });

  it('is waited for where a share is not the one that was dealt, and rebuilt from others, with the name of its holder', async () => {
    released.set(b, { ...(released.get(b) as ReleasedShare), share: randomBytes(33) });
    expect(sharesAreIn(state, attempt, [d], release(a, b, c))).toBe(false);
    expect(sharesAreIn(state, attempt, [d], release(a, b, c, d))).toBe(true);
    expect((await masksOfDropped(state, attempt, [d], release(a, b, c, d), transcript)).faulty).toEqual(['b']);
  });

  it('takes no share for that of another holder', () => {
    released.set(b, released.get(a) as ReleasedShare);
    expect(sharesAreIn(state, attempt, [d], release(a, b, c))).toBe(false);
  });

  it('names a site that dealt shares of another key than it advertised', async () => {
    await dealt(roundKeyPair().privateKey, roundKeyPair().publicKey);
    await expect(masksOfDropped(state, attempt, [d], release(a, b, c), transcript)).rejects.toMatchObject({
      code: 'DEALT_INVALID',
      problems: [{ path: 'd' }],
    });
  });
});
