import {
  memberWords,
  nextRoster,
  openSealed,
  rosterChange,
  rosterStatement,
  sealTo,
  signStatement,
  type Roster,
} from '@consilium/identity';
import { canonicalJson } from '@consilium/protocol';
import type { SealedBox } from '@consilium/protocol/wire';
import { combineShares, commitment, roundKeyPair } from '@consilium/sealed-sum';
import { createSealingKey } from '../../libs/identity/src/sealing.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '../../site-agent/src/connection/index.js';
import { fetchRosters } from '../../site-agent/src/roster/index.js';
import { dealBoxes, packBundle, placesOf, unpackBundle } from '../../site-agent/src/rounds/seats/bundles.js';
import { seatsOfBlock } from '../../site-agent/src/rounds/seats/seat-secrets.js';
import { sealBundle } from '../../site-agent/src/rounds/seats/share-boxes.js';
import { keepRosters, rosterInForce, saveCountersignature } from '../../site-agent/src/state/index.js';
import { AttackedStudy } from '../support/attacked-study.js';

// n = 4, c = 1: t = 3.
const study = new AttackedStudy(['a', 'b', 'c', 'd']);
const { coordinator } = study;
const [a, b] = study.names as [(typeof study.names)[number], (typeof study.names)[number]];
let owned: Awaited<ReturnType<typeof createSealingKey>>;
beforeAll(async () => {
  owned = await createSealingKey();
  await study.start();
  await study.makeKeys();
  await study.everywhere(() => study.advertiseTask(0, 2));
});
afterAll(() => study.stop());

/** What the coordinator can do with a box of a's, if it has the key that it is sealed to. */
function openAsCoordinator({ encapsulatedKey, ciphertext, to }: SealedBox): Promise<Buffer> {
  const aad = canonicalJson({ consortium: 'test.example', study: study.hash, keyEpoch: 0, block: 0, from: 'a', to });
  return openSealed({ encapsulatedKey, ciphertext, privateKey: owned.privateKey, info: Buffer.from('consilium/v1/shares'), aad });
}

/** The roster with the coordinator's own sealing key under the name of b, as the next epoch of what a holds. */
function swappedRoster(): { readonly before: Roster; readonly after: Roster } {
  const before = rosterInForce(study.at('a').state)!;
  const members = before.members.map((member) => (member.site === 'b' ? { ...member, sealingKey: owned.publicKey } : member));
  return { before, after: nextRoster(before.consortium, before, members) };
}

/** A coordinator that answers the question for rosters with these. */
function serve(name: string, rosters: readonly Roster[]) {
  const get = (_request: unknown, _metadata: unknown, _options: unknown, answer: (error: null, response: object) => void) => {
    answer(null, { rosters, newestEpoch: rosters.at(-1)?.epoch, countersignatures: [] });
    return { cancel: () => undefined };
  };
  const { state, keys } = study.at(name);
  return fetchRosters(state, { roster: { get } } as unknown as Pick<Connection, 'roster'>, { consortium: 'test.example', site: a, keys });
}

describe('a coordinator that serves its own sealing key under the name of a site', () => {
  it('cannot put it into a roster that a site holds already', async () => {
    const { before } = swappedRoster();
    const members = before.members.map((member) => (member.site === 'b' ? { ...member, sealingKey: owned.publicKey } : member));
    const other = nextRoster(before.consortium, undefined, members);
    await expect(serve('a', [nextRoster(before.consortium, other, members)])).rejects.toMatchObject({ code: 'ROSTER_CHAIN' });
  });

  it('can put it into a new one, which counts for nothing until a person has compared the words: they differ', async () => {
    const { before, after } = swappedRoster();
    await serve('a', [after]);
    expect(rosterInForce(study.at('a').state)).toEqual(before);
    expect(Buffer.from(study.members('a').get(b)!.sealingKey).equals(study.at('b').keys.sealingPublicKey)).toBe(true);
    const [rekeyed] = rosterChange(before, after).rekeyed;
    expect(rekeyed?.site).toBe('b');
    expect(memberWords(rekeyed!)).not.toBe(memberWords(before.members[1]!));
  });

  it('cannot put a round key of its own into an advert either', async () => {
    const task = study.shareTask(0);
    const { publicKey } = roundKeyPair();
    const adverts = task.value.adverts.map((advert) => (advert.site === 'b' ? { ...advert, roundKeys: [publicKey, publicKey] } : advert));
    expect(await study.outcome('a', { ...task, value: { ...task.value, adverts } })).toBe('SHARE_INVALID');
  });

  it('reads no share: all boxes are sealed to the keys that were compared', async () => {
    await study.everywhere(() => study.shareTask(0));
    const { boxes } = coordinator.word<{ readonly boxes: readonly SealedBox[] }>('share', 'a');
    expect(boxes.map(({ to }) => to)).toEqual(['b', 'c', 'd']);
    for (const box of boxes) await expect(openAsCoordinator(box)).rejects.toMatchObject({ code: 'SEAL_INVALID' });
  });

  it('cannot seal shares of its own to b in a box of a’s: the box is signed', async () => {
    const task = study.holdTask(0);
    const sent = coordinator.shareBoxes.get(0)!;
    const genuine = sent.find(({ from, to }) => from === 'a' && to === 'b')!;
    const aad = canonicalJson({ consortium: 'test.example', study: study.hash, keyEpoch: 0, block: 0, from: 'a', to: 'b' });
    const info = Buffer.from('consilium/v1/shares');
    const sealed = await sealTo({ publicKey: study.at('b').keys.sealingPublicKey, info, aad, plaintext: Buffer.alloc(132, 7) });
    coordinator.shareBoxes.set(0, [...sent.filter((box) => box !== genuine), { ...genuine, ...sealed }]);
    expect(await study.outcome('b', task)).toBe('SHARE_INVALID');
    coordinator.shareBoxes.set(0, sent);
    expect(await study.outcome('b', task)).toBe('done');
  });

  it('gains nothing in a running study even where people countersign it: the study goes on without that site', () => {
    const { after } = swappedRoster();
    const c = study.at('c');
    keepRosters(c.state, [after]);
    saveCountersignature(c.state, 1, signStatement('roster', rosterStatement(after, study.names[2]!), c.keys.identityKey).signature);
    expect([...study.members('c').keys()]).toEqual(['a', 'c', 'd']);
  });

  it('control: reads the secrets of every seat where its key is taken for those of t sites', async () => {
    const at = study.enter('a');
    const name = { study: study.hash, keyEpoch: 0, block: 0 };
    const secrets = seatsOfBlock(at.state, name);
    const dealt = await dealBoxes(secrets, 4, 3);
    const bundles = dealt.map((box) => packBundle({ box, ofBox: [] }));
    const swapped = ['b', 'c', 'd'].map((site, index) => ({
      ...[...study.members('a').values()][index + 1]!,
      site: site as typeof a,
      sealingKey: owned.publicKey,
    }));
    const boxes = await Promise.all(swapped.map((member, index) => sealBundle(at, name, bundles[index + 1]!, member)));
    const opened = await Promise.all(boxes.map(openAsCoordinator));
    expect(opened).toEqual(bundles.slice(1));
    const selfSecret = (await combineShares(opened.map((bundle) => unpackBundle(bundle, 2)!.box[placesOf(0).selfSecret]!)))!;
    expect(commitment(selfSecret)).toEqual(study.adverts(['a'])[0]!.commitments[0]);
  });
});
