import { createHash } from 'node:crypto';
import { provenRounds } from '@consilium/ledger';
import { readIdentityKey } from '@consilium/identity';
import { ConsiliumError, explainRefusal, membersDigest, seatsDigest, seedCommitment, SiteName, StudyHash } from '@consilium/protocol';
import type { RoundServiceServer, SealedBox, SeatAdvert } from '@consilium/protocol/wire';
import { attemptGraph, blockSeed, hidingTheirPart } from '../rounds/attempt-graph.js';
import type { ReserveRecord } from '../rounds/study-event.js';
import type { Block, StudyState } from '../rounds/study-state.js';
import { putShareBoxes, type Database, type ShareBox } from '../storage/index.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { forSite, type CallContext } from './handlers.js';
import { checkFields, requireMember, type IdentityKeyOf } from './words-of-sites.js';

export interface SeatCallOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly db: Database;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
  /** All identity keys that each site has had, newest last. */
  readonly siteKeys: () => Promise<ReadonlyMap<SiteName, readonly Uint8Array[]>>;
}

/** Evidence of 372 witnesses is 25 kB packed. */
const LARGEST_EVIDENCE = 2 ** 16;
const KEY_BYTES = 32;
/** Shares of 64 seats and their path are 5 kB; nothing that sites seal to each other here is larger than this. */
const LARGEST_BOX = 2 ** 16;

const refuse = (message: string): ConsiliumError =>
  new ConsiliumError({
    code: 'SEATS_REFUSED',
    errorClass: 'verification',
    message,
    fix: 'Nothing was taken in; look at the site that sent it.',
  });

/** Steps 1 and 2 of PROTOCOL.md section 4: the coordinator checks signatures and counts, stores, and hands on. */
export function seatCalls({
  context,
  engine,
  db,
  consortium,
  keyOf,
  siteKeys,
}: SeatCallOptions): Pick<RoundServiceServer, 'advertise' | 'reveal' | 'share' | 'acknowledge'> {
  /** The sites check it again and trust nobody with it; a site that would spoil the block for all is left out beforehand. */
  const takeReserve = async (
    hash: StudyHash,
    site: SiteName,
    block: number,
    { reserve, reserveSha256 }: SeatAdvert,
  ): Promise<ReserveRecord | undefined> => {
    const { study } = engine.state(hash);
    if (study.privacy.mode !== 'patient/distributed' && study.privacy.mode !== 'patient/local') return undefined;
    const sha256 = createHash('sha256').update(reserve).digest();
    const keys = await siteKeys();
    const keysOf = (name: string): readonly Uint8Array[] => keys.get(name as SiteName) ?? [];
    const proven =
      reserve.length > LARGEST_EVIDENCE || (reserve.length > 0 && !sha256.equals(reserveSha256))
        ? 'form'
        : provenRounds(reserve, { consortium, site, hash, study, keysOf, readKey: readIdentityKey });
    if (typeof proven !== 'string') return { evidence: reserve.toString('base64'), sha256: sha256.toString('hex'), rounds: proven };
    const refusal = { code: 'RESERVE_EVIDENCE', fields: { from: site, why: proven } } as const;
    await engine.submit(hash, ({ block: now, refusals }) => {
      const known = refusals.get(site);
      if (now?.number !== block || (known?.code === refusal.code && now.left.has(site))) return undefined;
      return { type: 'refused', site, round: now.round, attempt: 0, ...refusal, incident: '', decision: 'failed', block };
    });
    const { what, fix } = explainRefusal(refusal);
    throw new ConsiliumError({ code: refusal.code, errorClass: 'refused', message: what, fix });
  };

  return {
    advertise: forSite(context, 'Round.Advertise', async (site, { study: hash, keyEpoch, block: number, advert }) => {
      const study = StudyHash.parse(hash);
      const { block } = blockOf(engine.state(study), site, keyEpoch, number);
      if (!advert || !block) return {};
      const { roundKeys, commitments, parameters, signature, seedCommitment: seedCommitted } = advert;
      const reserve = await takeReserve(study, site, number, advert);
      const fresh = [...roundKeys, ...commitments, seedCommitted];
      if (roundKeys.length !== block.seats || commitments.length !== block.seats || fresh.some((bytes) => bytes.length !== KEY_BYTES))
        throw refuse(`An advert names one key and one commitment of ${KEY_BYTES} bytes for each of the ${block.seats} seats.`);
      const seats = seatsDigest({ roundKeys, commitments });
      const seed = seedCommitted.toString('hex');
      await checkFields(
        'advert',
        { consortium, study, keyEpoch, block: number, site, seats, parameters, seed, reserve: reserve?.sha256 ?? null },
        signature,
        site,
        keyOf,
      );
      const hex = (list: readonly Buffer[]) => list.map((bytes) => bytes.toString('hex'));
      await engine.submit(study, (now) => {
        const open = now.block?.number === number && now.block.asked.includes(site) && !now.block.adverts.has(site);
        const record = {
          roundKeys: hex(roundKeys),
          commitments: hex(commitments),
          parameters,
          seed,
          signature: signature.toString('hex'),
          ...(reserve && { reserve }),
        };
        return open ? { type: 'advertised', site, block: number, advert: record } : undefined;
      });
      return {};
    }),
    reveal: forSite(context, 'Round.Reveal', async (site, { study: hash, keyEpoch, block: number, part }) => {
      const study = StudyHash.parse(hash);
      const { block } = blockOf(engine.state(study), site, keyEpoch, number);
      const committed = block?.adverts.get(site)?.seed;
      if (!block?.advertised?.includes(site)) return {};
      if (part.length !== KEY_BYTES || seedCommitment(part).toString('hex') !== committed)
        throw refuse('The part of the graph seed is not the one that the advert commits to.');
      await engine.submit(study, (now) => {
        const open = now.block?.number === number && !now.block.parts.has(site);
        return open ? { type: 'revealed', site, block: number, part: part.toString('hex') } : undefined;
      });
      return {};
    }),
    share: forSite(context, 'Round.Share', async (site, { study: hash, keyEpoch, block: number, root, boxes }) => {
      const study = StudyHash.parse(hash);
      const state = engine.state(study);
      const { block } = blockOf(state, site, keyEpoch, number);
      const members = block?.advertised;
      if (!root || !block || !members || hidingTheirPart(state, block).length > 0) return {};
      const seed = blockSeed(state, block);
      if (!members.includes(site) || root.root.length !== KEY_BYTES)
        throw refuse(`A member of the block names the root of its shares, ${KEY_BYTES} bytes.`);
      const statement = {
        consortium,
        study,
        keyEpoch,
        block: number,
        site,
        root: root.root.toString('hex'),
        members: membersDigest(members, seed === '' ? undefined : Buffer.from(seed, 'hex')),
      };
      await checkFields('shares', statement, root.signature, site, keyOf);
      requireBoxes(boxes, site, attemptGraph(state, { members, graphSeed: seed }).holdersOf(site));
      const kept: ShareBox[] = [];
      for (const box of boxes) {
        const sha256 = createHash('sha256').update(box.encapsulatedKey).update(box.ciphertext).digest('hex');
        const to = SiteName.parse(box.to);
        await checkFields('shareBox', { consortium, study, keyEpoch, block: number, from: site, to, sha256 }, box.signature, site, keyOf);
        kept.push({
          study,
          block: number,
          sender: site,
          recipient: to,
          encapsulated_key: box.encapsulatedKey,
          ciphertext: box.ciphertext,
          signature: box.signature,
        });
      }
      await putShareBoxes(db, kept);
      await engine.submit(study, (now) => {
        const open = now.block?.number === number && now.block.advertised?.includes(site) && !now.block.roots.has(site);
        const record = { root: root.root.toString('hex'), signature: root.signature.toString('hex') };
        return open ? { type: 'shared', site, block: number, root: record } : undefined;
      });
      return {};
    }),
    acknowledge: forSite(context, 'Round.Acknowledge', async (site, { study: hash, keyEpoch, block: number, senders }) => {
      const study = StudyHash.parse(hash);
      blockOf(engine.state(study), site, keyEpoch, number);
      await engine.submit(study, ({ block }) => {
        const needed = block?.number === number ? block.shared : undefined;
        const all = needed?.includes(site) && needed.every((sender) => sender === site || senders.includes(sender));
        return all && !block?.holders.has(site) ? { type: 'held', site, block: number } : undefined;
      });
      return {};
    }),
  };
}

/** The block that a call speaks of; nothing where the study has gone on to another one. */
function blockOf(state: StudyState, site: SiteName, keyEpoch: number, number: number): { readonly block: Block | undefined } {
  requireMember(state, site);
  return { block: state.block?.number === number && state.keyEpoch === keyEpoch ? state.block : undefined };
}

function requireBoxes(boxes: readonly SealedBox[], site: SiteName, holders: readonly SiteName[]): void {
  const others = holders.filter((holder) => holder !== site);
  const right =
    boxes.length === others.length &&
    others.every((member) => boxes.some(({ from, to }) => from === site && to === member)) &&
    boxes.every(({ ciphertext, encapsulatedKey }) => ciphertext.length <= LARGEST_BOX && encapsulatedKey.length <= LARGEST_BOX);
  if (!right) throw refuse(`Shares come as one box of at most ${LARGEST_BOX} bytes for each other holder.`);
}
