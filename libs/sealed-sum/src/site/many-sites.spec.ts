import { MASK_RULES, thresholds, type SiteName } from '@consilium/protocol';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { seatsOf } from '../../test/masked-round.js';
import { lanesOf, plainSum, sumOf, useWorld } from '../../test/world.js';
import {
  boxProofs,
  commitment,
  droppedMasks,
  maskGraph,
  rebuildRoundKey,
  rebuildSelfSecret,
  selfKey,
  shareProof,
  shareRoot,
  siteMasks,
  splitSecret,
  type ReleasedShare,
} from '../index.js';

const world = useWorld();

/** Above 150 sites a seat deals to neighbours alone. */
const SITES = process.env['CONSILIUM_FULL'] === '1' ? 300 : 160;

describe(`${SITES} sites`, () => {
  it('end with the exact sum when a fifth is lost, from the shares of neighbours alone', { timeout: 120_000 }, async () => {
    const sites = SITES;
    const parameters = plainSum(sites, 50);
    const { c, t } = thresholds(sites, undefined, 20);
    const transcript = randomBytes(32);
    const graph = maskGraph({ sites, colluders: c, threshold: t, seed: transcript, rules: MASK_RULES });
    const seats = seatsOf(sites);
    const neighboursOf = (index: number) => graph.neighbours(index).map((peer) => seats[peer]!);
    const lanes = seats.map(({ index }) => lanesOf(parameters, (at) => (at % 2 ? parameters.levels : -parameters.levels) + (index % 3)));
    const contributions = lanes.map((own) => own.map((lane) => Math.max(-parameters.levels, Math.min(parameters.levels, lane))));

    // A tenth never uploads, another tenth does and is gone when shares are asked for.
    const missing = new Set(seats.filter(({ index }) => index % 10 === 3).map(({ index }) => index));
    const gone = new Set(seats.filter(({ index }) => index % 10 >= 3 && index % 10 <= 4).map(({ index }) => index));
    const present = seats.filter(({ index }) => !missing.has(index));
    expect(graph.keepsTogether(new Set(present.map(({ index }) => index)))).toBe(true);

    const uploads: string[] = [];
    for (const seat of present)
      uploads.push(
        await world.upload(parameters, contributions[seat.index]!, { masks: siteMasks(seat, neighboursOf(seat.index), transcript) }),
      );

    /** What the holders of a site's secret release of it, those that are gone left out. */
    const released = async (owner: number, secret: Uint8Array) => {
      const holders = [owner, ...graph.neighbours(owner)];
      const boxes = (await splitSecret(secret, holders.length, graph.threshold)).map((share) => [share]);
      const dealt = {
        dealer: `s${owner}` as SiteName,
        place: 0,
        root: shareRoot(boxes),
        shape: { holders: holders.length, shares: 1 },
        threshold: graph.threshold,
      };
      const proofOf = (holder: number) => shareProof(boxes[holder]!, 0, boxProofs(boxes)[holder]!);
      const shares = holders.flatMap((site, holder): ReleasedShare[] =>
        gone.has(site)
          ? []
          : [{ holder: `s${site}` as SiteName, place: { holder, share: 0 }, share: boxes[holder]![0]!, proof: { inBox: [], ofBox: [] } }],
      );
      const needed = shares.slice(0, graph.threshold).map((share) => ({ ...share, proof: proofOf(share.place.holder) }));
      return { dealt, needed };
    };

    /** Rebuilding the secrets of all takes long, so a few of both kinds stand for the others. */
    const rebuilt = async (index: number, secret: Uint8Array, publicKey?: Uint8Array) => {
      if (index % 15 !== 0 && index % 60 !== 13) return secret;
      const { dealt, needed } = await released(index, secret);
      return (await (publicKey ? rebuildRoundKey(dealt, needed, publicKey) : rebuildSelfSecret(dealt, needed, commitment(secret)))).secret;
    };

    const dropped = [];
    for (const { index, privateKey, publicKey } of seats.filter((seat) => missing.has(seat.index))) {
      const peers = neighboursOf(index).filter((peer) => !missing.has(peer.index));
      dropped.push(...droppedMasks({ index, privateKey: await rebuilt(index, privateKey, publicKey) }, peers, transcript));
    }
    const fold = await world.fold(parameters, uploads, dropped);
    for (const upload of uploads) await rm(upload);

    const selfMasks: Buffer[] = [];
    for (const { index, selfSecret } of present) selfMasks.push(selfKey(await rebuilt(index, selfSecret), transcript));
    expect(await world.open(parameters, fold, present.length, { selfMasks })).toEqual(
      sumOf(present.map(({ index }) => contributions[index]!)),
    );
  });
});
