import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { combineShares, commitment, publicRoundKey } from '@consilium/sealed-sum';
import type {
  AcknowledgeRequest,
  AdvertiseRequest,
  SealedBox,
  SeatAdvert,
  SiteSignature,
  ShareRequest,
  SignFoldRequest,
  SignListRequest,
  UnmaskRequest,
} from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';

// n = 4, c = 1: t = 3 and m = 3, so that one site may drop out.
const world = new StudyWorld(studyYaml(['a', 'b', 'c', 'd'], { rounds: 3 }));
const { coordinator } = world;

beforeAll(async () => {
  await world.start();
  await world.makeKeys();
});
afterAll(() => world.stop());

const rowsOf = (name: string, table: string) => world.at(name).state.database.prepare(`SELECT * FROM ${table}`).all();
const code = (wanted: string) => ({ refusal: { code: wanted } });

/** Whether bytes lie in the files of a site's database, in use or not. */
function onDisk(name: string, secret: Uint8Array): boolean {
  const { root } = world.at(name);
  return ['site.sqlite', 'site.sqlite-wal'].some((file) => readFileSync(join(root, 'state', file)).includes(Buffer.from(secret)));
}

describe('steps 1 and 2: seats and their shares', () => {
  it('shows the same keys however often it is asked, also after a restart', async () => {
    await world.everywhere(() => world.advertiseTask(0, 6));
    const before = coordinator.word<AdvertiseRequest>('advertise', 'b');
    await world.restart('b');
    await world.perform('b', world.advertiseTask(0, 6));
    expect(coordinator.word<AdvertiseRequest>('advertise', 'b')).toEqual(before);
    expect(new Set(before.advert?.roundKeys.map((key) => key.toString('hex'))).size).toBe(6);
    await expect(world.perform('b', world.advertiseTask(1, 65))).rejects.toMatchObject({ code: 'SEATS_REFUSED' });
  });

  it('shares with no U1 that is too small, is not signed, or holds another advert of its own', async () => {
    const { value } = world.shareTask(0);
    const [a, b, c, d] = value.adverts as [SeatAdvert, SeatAdvert, SeatAdvert, SeatAdvert];
    const ask = (...adverts: SeatAdvert[]) => world.perform('a', { $case: 'share', value: { ...value, adverts } });
    await expect(ask(a, b)).rejects.toThrow(/never goes below 3/);
    await expect(ask(b, a, c, d)).rejects.toMatchObject({ code: 'SEATS_REFUSED' });
    await expect(ask(a, { ...b, commitments: c.commitments }, c, d)).rejects.toMatchObject({
      refusal: { code: 'SHARE_INVALID', fields: { from: 'b' } },
    });
    await expect(ask(b, c, d)).rejects.toMatchObject(code('SEAT_USED'));
    expect(coordinator.said.has('share a')).toBe(false);
  });

  it('sends the same shares again, and none over another U1', async () => {
    const task = world.shareTask(0);
    await world.everywhere(() => task);
    const sent = coordinator.word<ShareRequest>('share', 'a');
    await world.restart('a');
    await world.perform('a', task);
    expect(coordinator.word<ShareRequest>('share', 'a')).toEqual(sent);
    await expect(world.perform('a', world.shareTask(0, ['a', 'b', 'c']))).rejects.toMatchObject(code('SEAT_USED'));
  });

  it('names the site whose box is missing, is signed by another, or is not what its sender promised', async () => {
    const task = world.holdTask(0);
    const boxes = coordinator.shareBoxes.get(0) as SealedBox[];
    const ofB = boxes.find(({ from, to }) => from === 'b' && to === 'a') as SealedBox;
    const without = boxes.filter((box) => box !== ofB);
    coordinator.shareBoxes.set(0, without);
    const missing = { refusal: { code: 'SHARE_MISSING', fields: { from: 'b' } } };
    const invalid = { refusal: { code: 'SHARE_INVALID', fields: { from: 'b' } } };
    await expect(world.perform('a', task)).rejects.toMatchObject(missing);
    coordinator.shareBoxes.set(0, [...without, { ...ofB, signature: Buffer.alloc(64) }]);
    await expect(world.perform('a', task)).rejects.toMatchObject(invalid);
    coordinator.shareBoxes.set(0, [...without, { ...(boxes.find(({ from, to }) => from === 'c' && to === 'a') as SealedBox), from: 'b' }]);
    await expect(world.perform('a', task)).rejects.toMatchObject(invalid);
    const roots = task.value.roots.map((root) => (root.site === 'b' ? { ...root, root: Buffer.alloc(32, 1) } : root));
    coordinator.shareBoxes.set(0, boxes);
    await expect(world.perform('a', { ...task, value: { ...task.value, roots } })).rejects.toMatchObject(invalid);
    expect(coordinator.said.has('acknowledge a')).toBe(false);
    await world.everywhere(() => task);
    expect(coordinator.word<AcknowledgeRequest>('acknowledge', 'a').senders).toEqual(['b', 'c', 'd']);
  });

  it('keeps its own secrets and everybody else’s shares, and no longer what it sent', () => {
    expect(rowsOf('a', 'study_seat')).toHaveLength(6);
    expect(rowsOf('a', 'study_share')).toHaveLength(6);
    expect(rowsOf('a', 'study_block')[0]).toMatchObject({ own_bundle: null, own_share: null });
  });
});

describe('steps 3 to 9: a round with a site that drops out', () => {
  const first = world.attempt(1, 0, { contributors: ['a', 'b', 'c'] });

  it('uses a seat for one attempt and for no other, also after a restart', async () => {
    await world.everywhere(() => world.contributeTask(first), first.contributors);
    await world.restart('a');
    await expect(world.perform('a', world.contributeTask(world.attempt(1, 1, { seat: 0 })))).rejects.toMatchObject(code('SEAT_USED'));
    await expect(world.perform('a', world.contributeTask(world.attempt(2, 0, { seat: 0 })))).rejects.toMatchObject({ code: 'OUT_OF_STEP' });
    const list = world.signListTask({ ...first, attempt: 0, seat: 1 });
    await expect(world.perform('a', list)).rejects.toMatchObject(code('SEAT_USED'));
  });

  it('signs one list an attempt, for ever', async () => {
    const list = world.signListTask(first);
    await world.everywhere(() => list);
    const before = coordinator.word<SignListRequest>('signList', 'a');
    await world.restart('a');
    await world.perform('a', list);
    expect(coordinator.word<SignListRequest>('signList', 'a')).toEqual(before);
    await world.perform('d', world.contributeTask(first));
    const other = world.signListTask({ ...first, contributors: ['a', 'b', 'd'] });
    await expect(world.perform('a', other)).rejects.toThrow(/another list of contributors/);
  });

  it('releases nothing on fewer than t signatures, on some that are not of this list, or on one site’s word many times', async () => {
    const { value } = world.unmaskTask(first, ['a', 'b', 'c']);
    const [a, b, c] = value.signatures as [SiteSignature, SiteSignature, SiteSignature];
    for (const signatures of [[], [a, b], [a, b, b, a], [a, b, { ...c, signature: b.signature }], [a, b, { ...c, site: 'x' }]])
      await expect(world.perform('a', { $case: 'unmask', value: { ...value, signatures } })).rejects.toMatchObject({
        code: 'LIST_REFUSED',
      });
    const other = world.unmaskTask({ ...first, contributors: ['a', 'b', 'd'] }, ['a', 'b', 'c']);
    await expect(world.perform('b', other)).rejects.toMatchObject({ code: 'LIST_REFUSED' });
    expect(rowsOf('a', 'study_release')).toEqual([]);
  });

  it('releases of a contributor the share of b, of the dropped site the share of its key, and of no site both', async () => {
    const task = world.unmaskTask(first);
    const holders = ['a', 'b', 'd'];
    await world.everywhere(() => task, holders);
    const said = holders.map((name) => coordinator.word<UnmaskRequest>('unmask', name));
    for (const { dropped, message } of said) {
      expect(dropped.map(({ site }) => site)).toEqual(['d']);
      expect(message?.sealed.includes('"a"')).toBe(false);
    }
    const key = (await combineShares(said.map(({ dropped }) => dropped[0]?.share as Buffer))) as Buffer;
    expect(publicRoundKey(key)).toEqual(world.adverts(['d'])[0]?.roundKeys[0]);
    // The same bytes, however often it is asked: a second nonce would be a second message.
    await world.restart('a');
    await world.perform('a', task);
    expect(coordinator.word<UnmaskRequest>('unmask', 'a')).toEqual(said[0]);
  });

  it('releases in no other attempt of the round, and for no other list over the same state', async () => {
    const second = world.attempt(1, 1, { contributors: ['a', 'b', 'd'] });
    await world.everywhere(() => world.contributeTask(second), second.participants);
    const list = world.signListTask(second);
    await world.everywhere(() => list);
    await expect(world.perform('a', world.unmaskTask(second))).rejects.toMatchObject(code('RELEASED'));
    const same = world.attempt(1, 2, { contributors: ['a', 'b', 'c'] });
    await world.everywhere(() => world.contributeTask(same), same.participants);
    const again = world.signListTask(same);
    await world.everywhere(() => again);
    await expect(world.perform('a', world.unmaskTask(same))).rejects.toMatchObject(code('RELEASED'));
  });

  it('signs one digest an attempt, and applies the sum of those who contributed', async () => {
    const list = world.signListTask(first);
    await world.everywhere(() => list);
    const holders = ['a', 'b', 'd'];
    const fold = await world.fold(first, holders);
    const task = world.signFoldTask(first, fold);
    await world.everywhere(() => task);
    const before = coordinator.word<SignFoldRequest>('signFold', 'a');
    await world.perform('a', task);
    expect(coordinator.word<SignFoldRequest>('signFold', 'a')).toEqual(before);
    await expect(world.perform('a', world.signFoldTask(first, { ...fold, foldSha256: Buffer.alloc(32, 1) }))).rejects.toThrow(
      /another sum/,
    );
    const apply = world.applyTask(first, fold, holders);
    await world.everywhere(() => apply);
    expect(new Set(world.names.map((name) => world.digestOf(name, 1))).size).toBe(1);
    const lanes = (name: string, file: string) =>
      (JSON.parse(readFileSync(join(world.at(name).root, 'state', 'shadow', world.hash, file), 'utf8')) as { lanes: number[] }).lanes;
    const packed = first.contributors.map((name) => lanes(name, '1-0.json'));
    expect(lanes('d', '1-0.sum.json')).toEqual(packed[0]?.map((_, lane) => packed.reduce((total, each) => total + (each[lane] ?? 0), 0)));
  });
});

describe('after a round', () => {
  it('no secret, share or message of its attempts is left in a database or its log', async () => {
    const seat = rowsOf('a', 'study_seat').map((row) => row['seat']);
    expect(seat).toEqual([3, 4, 5]);
    expect(rowsOf('a', 'study_share').map((row) => row['seat'])).toEqual([3, 4, 5]);
    for (const row of rowsOf('a', 'study_release')) expect(row['message']).toBeNull();
    const { dropped, message } = coordinator.word<UnmaskRequest>('unmask', 'a');
    for (const secret of [dropped[0]?.share, message?.sealed]) expect(onDisk('a', secret as Buffer)).toBe(false);
    // The control: what is still needed is found.
    const kept = rowsOf('a', 'study_seat')[0]?.['self_secret'] as Uint8Array;
    await world.restart('a');
    expect(onDisk('a', kept)).toBe(true);
    expect(commitment(kept)).toEqual(world.adverts(['a'])[0]?.commitments[3]);
  });

  it('nothing is released for it any more', async () => {
    await expect(world.perform('a', world.unmaskTask(world.attempt(1, 0, { contributors: ['a', 'b', 'c'] })))).rejects.toMatchObject(
      code('SEAT_USED'),
    );
  });
});

describe('step 8 with shares that are wrong', () => {
  it('rebuilds from others where one holder’s share is bad, and names the holder', async () => {
    const attempt = world.attempt(2, 0, { seat: 3 });
    await world.everywhere(() => world.contributeTask(attempt));
    const fold = await world.close(attempt);
    const good = world.applyTask(attempt, fold);
    const first = world.releaseAgain(attempt, 'a', (shares) => shares.map((share) => ({ ...share, share: randomBytes(33) })));
    const bad = [first, ...good.value.unmask.slice(1)];
    await world.perform('b', { ...good, value: { ...good.value, unmask: bad } });
    expect(world.digestOf('b', 2)).toBeDefined();
    expect(coordinator.faulty.get('b')).toEqual(['a']);
    const unproven = bad.map((message) => ({ ...message, proofs: Buffer.alloc(0) }));
    await expect(world.perform('c', { ...good, value: { ...good.value, unmask: unproven } })).rejects.toMatchObject(code('PROOFS_NEEDED'));
    const few = { ...good, value: { ...good.value, unmask: bad.slice(0, 3) } };
    await expect(world.perform('c', few)).rejects.toMatchObject({ refusal: { code: 'SHARE_INVALID', fields: { from: 'a' } } });
    // What somebody else made of its message says nothing about the holder.
    const altered = [{ ...first, sealed: Buffer.from(first.sealed).fill(1, 12, 20) }, ...bad.slice(1, 3)];
    await expect(world.perform('c', { ...good, value: { ...good.value, unmask: altered } })).rejects.toMatchObject({
      code: 'UNMASK_REFUSED',
    });
    await expect(world.perform('c', { ...good, value: { ...good.value, unmask: good.value.unmask.slice(2) } })).rejects.toThrow(
      /2 of the 3 sites/,
    );
    // Right shares open the sum without proofs.
    const bare = good.value.unmask.map((message) => ({ ...message, proofs: Buffer.alloc(0) }));
    await world.everywhere(() => ({ ...good, value: { ...good.value, unmask: bare } }));
    expect(new Set(world.names.map((name) => world.digestOf(name, 2))).size).toBe(1);
  });
});

describe('a site that was not in the block', () => {
  it('applies the sum on what is said of its seats, and lies in that only keep it from opening', async () => {
    const members = ['a', 'b', 'c'];
    await world.openBlock(1, 2, { members });
    const attempt = world.attempt(3, 0, { block: 1, seat: 0, participants: members });
    const task = await world.round(attempt);
    const seats = task.value.seats.map((seat) => ({ ...seat, commitment: Buffer.alloc(32) }));
    await expect(world.perform('d', { ...task, value: { ...task.value, seats } })).rejects.toMatchObject(code('SHARE_INVALID'));
    await world.perform('d', task);
    expect(world.digestOf('d', 3)).toBe(world.digestOf('a', 3));
    await expect(world.perform('d', world.signListTask(attempt))).rejects.toMatchObject({ code: 'ANNOUNCEMENT_REFUSED' });
  });

  it('and the seats of the block before it are dead', () => {
    expect(rowsOf('a', 'study_seat').map((row) => [row['block'], row['seat']])).toEqual([[1, 1]]);
  });
});

describe('a site that deals shares of another b than it committed to', () => {
  it('is named by everybody, who open nothing and keep their state', async () => {
    await world.everywhere(() => world.advertiseTask(2, 1));
    const task = world.shareTask(2);
    await world.everywhere(() => task);
    await world.dealAnother('d', 2, task.value.adverts);
    const held = world.holdTask(2);
    await world.everywhere(() => held);
    const attempt = world.attempt(4, 0, { block: 2, seat: 0 });
    await world.everywhere(() => world.contributeTask(attempt));
    const sum = world.applyTask(attempt, await world.close(attempt));
    await world.everywhere(() => sum);
    for (const name of world.names) {
      expect(coordinator.agreed.get(name)).toMatchObject({ round: 4, stateHmac: Buffer.alloc(0) });
      expect(coordinator.faulty.get(name)).toEqual(['d']);
      expect(world.digestOf(name, 4)).toBeUndefined();
    }
  });
});
