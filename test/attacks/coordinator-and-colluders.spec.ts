import { writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { thresholds } from '@consilium/protocol';
import {
  combineShares,
  droppedMasks,
  laneCount,
  publicRoundKey,
  selfKey,
  siteMasks,
  splitSecret,
  type MaskTerm,
} from '@consilium/sealed-sum';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealedPieces } from '../../libs/sealed-sum/src/site/sealed-pieces.js';
import { lanesOf, plainSum, sumOf, useWorld } from '../../libs/sealed-sum/test/world.js';
import { bareLanes, bareSlots } from '../support/bare-slots.js';
import { chiSquare, CRITICAL_AT_ONE_PERCENT } from '../support/chi-square.js';

/** Every secret of this round comes from one seed, so that what the test sees is the same in every run. */
const fromSeed = (what: string) => createHash('sha256').update(`coordinator and colluders/${what}`).digest();

/** n = 7, c = 2, t = 5. Site 6 drops out, and its upload comes too late; the coordinator has sites 0 and 4 on its side. */
const { n, t } = thresholds(7);

interface Seat {
  readonly index: number;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly selfSecret: Uint8Array;
}
const sites = Array.from({ length: n }, (_, index): Seat => {
  const privateKey = fromSeed(`round key ${index}`);
  return { index, privateKey, publicKey: publicRoundKey(privateKey), selfSecret: fromSeed(`b ${index}`) };
});
const transcript = fromSeed('T');
const dropped = sites[6]!;
const colluders = [sites[0]!, sites[4]!];
const honest = [1, 2, 3, 5].map((index) => sites[index]!);
const others = (site: Seat) => sites.filter((peer) => peer !== site);
const opposite = ({ key, sign }: MaskTerm): MaskTerm => ({ key, sign: sign === 1 ? -1 : 1 });

describe('all that the coordinator and c sites know, held against the upload of another site', () => {
  const world = useWorld();
  // One block, all but a few of its coefficients in use.
  const parameters = plainSum(n, 8_000);
  const modulus = BigInt(parameters.plainModulus);
  const contributions = sites.map(({ index }) => lanesOf(parameters, (lane) => ((lane * (index + 5)) % 2_001) - 1_000));
  const uploads: string[] = [];
  const unmasked: string[] = [];
  beforeAll(async () => {
    for (const site of sites) {
      uploads.push(await world.upload(parameters, contributions[site.index]!, { masks: siteMasks(site, others(site), transcript) }));
      const { bfvKey, checkKey, keyEpoch } = world;
      const bare = world.path();
      // Below `sealToFile`, which takes no contribution without masks.
      await writeFile(bare, sealedPieces({ lanes: contributions[site.index]!, parameters, bfvKey, checkKey, keyEpoch }, []));
      unmasked.push(bare);
    }
  });

  /** One upload by itself, decrypted: they have the BFV key too. */
  const decrypted = async (upload: string, masks: readonly MaskTerm[]) =>
    bareSlots(await world.fold(parameters, [upload]), world.bfvKey, masks);
  const carried = (slots: BigUint64Array) => [...bareLanes(slots).subarray(0, laneCount(parameters))];
  /** The masks that a site has with those whose round keys are known. */
  const pairsWith = (site: Seat, known: readonly Seat[]) => known.flatMap((peer) => droppedMasks(peer, [site], transcript));
  /** Of a contributor: its b, which t sites release to all sites; the round key of the site that dropped out; the own ones. */
  const knownMasks = (site: Seat): MaskTerm[] => [
    { key: selfKey(site.selfSecret, transcript), sign: -1 },
    ...pairsWith(site, [...colluders, dropped]).map(opposite),
  ];

  it('leaves coefficients that cannot be told from uniform ones', async () => {
    for (const site of honest) {
      const slots = await decrypted(uploads[site.index]!, knownMasks(site));
      expect(chiSquare(slots, modulus)).toBeLessThan(CRITICAL_AT_ONE_PERCENT);
      expect(carried(slots).filter((lane, index) => lane === contributions[site.index]![index]).length).toBeLessThan(10);
    }
  });

  it('does not open an upload that came too late either, although every pair mask of it is known', async () => {
    const known = pairsWith(dropped, others(dropped)).length;
    expect(known).toBe(n - 1);
    const pairs = siteMasks(dropped, others(dropped), transcript).pairs;
    const slots = await decrypted(uploads[dropped.index]!, pairs.map(opposite));
    expect(chiSquare(slots, modulus)).toBeLessThan(CRITICAL_AT_ONE_PERCENT);
  });

  it('control: gives the sum of all honest contributors, whose masks with each other cancel', async () => {
    const fold = await world.fold(
      parameters,
      honest.map(({ index }) => uploads[index]!),
    );
    const slots = await bareSlots(fold, world.bfvKey, honest.flatMap(knownMasks));
    expect(carried(slots)).toEqual([...sumOf(honest.map(({ index }) => contributions[index]!))]);
  });

  it('control: reads everything, by the same test, where masks are left out', async () => {
    for (const site of honest) {
      const slots = await decrypted(unmasked[site.index]!, []);
      expect(chiSquare(slots, modulus)).toBeGreaterThan(10 * CRITICAL_AT_ONE_PERCENT);
      expect(carried(slots)).toEqual([...contributions[site.index]!]);
    }
  });

  it('control: reads everything with the shares of t sites, and nothing with those of t − 1: the bound is the real one', async () => {
    const victim = honest[1]!;
    const ofKey = await splitSecret(victim.privateKey, n, t);
    const ofB = await splitSecret(victim.selfSecret, n, t);
    const rebuilt = async (holders: number) => ({
      ...victim,
      privateKey: (await combineShares(ofKey.slice(0, holders)))!,
      selfSecret: (await combineShares(ofB.slice(0, holders)))!,
    });
    const readWith = async (secrets: Seat) => {
      const { self, pairs } = siteMasks(secrets, others(victim), transcript);
      return decrypted(uploads[victim.index]!, [{ key: self, sign: -1 }, ...pairs.map(opposite)]);
    };
    expect(carried(await readWith(await rebuilt(t)))).toEqual([...contributions[victim.index]!]);
    const fewer = await rebuilt(t - 1);
    expect(publicRoundKey(fewer.privateKey)).not.toEqual(victim.publicKey);
    expect(chiSquare(await readWith(fewer), modulus)).toBeLessThan(2 * CRITICAL_AT_ONE_PERCENT);
  });
});
