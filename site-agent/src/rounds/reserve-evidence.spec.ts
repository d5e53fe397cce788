import { createHash } from 'node:crypto';
import { readIdentityKey } from '@consilium/identity';
import { packEvidence, provenRounds, unpackEvidence, type ReserveEvidence } from '@consilium/ledger';
import { parseYaml, resolveStudy, StudyFile, studyHash, studySpecification } from '@consilium/protocol';
import type { AdvertiseRequest, SeatAdvert, ShareRequest } from '@consilium/protocol/wire';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterEach, describe, expect, it } from 'vitest';
import { noisyYaml, StudyWorld } from '../../test/study-world.js';
import { memberKeys } from '../ledger/index.js';
import { sumsHash } from './seats/check-members.js';

const worlds: StudyWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

/** Three sites that hold their keys and have advertised a block. */
async function advertised(rounds = 3, epsilonLimit = 50): Promise<StudyWorld> {
  const world = new StudyWorld(noisyYaml({ rounds }), { epsilonLimit, sharedBench: true });
  world.patienceMs = 500;
  worlds.push(world);
  await world.start();
  await world.makeKeys();
  await world.everywhere(() => world.advertiseTask(0, 8));
  return world;
}

const evidenceOf = (world: StudyWorld, site: string): ReserveEvidence => {
  const [advert] = world.adverts([site]);
  const evidence = advert && unpackEvidence(advert.reserve);
  if (!evidence) throw new Error(`${site} proved nothing`);
  return evidence;
};

const textOf = (line: Uint8Array): string => Buffer.from(line).toString('utf8');

/** The share task, in which the coordinator shows another advert of `site`. */
function shown(world: StudyWorld, site: string, change: (advert: SeatAdvert) => SeatAdvert) {
  const task = world.shareTask(0);
  const adverts = task.value.adverts.map((advert) => (advert.site === site ? change(advert) : advert));
  return { ...task, value: { ...task.value, adverts } };
}

/** An advert of a site that lies: it signs for this evidence itself. */
function signedFor(world: StudyWorld, site: string, evidence: ReserveEvidence | undefined) {
  return shown(world, site, (advert) => {
    const reserve = evidence ? packEvidence(evidence) : Buffer.alloc(0);
    const reserveSha256 = createHash('sha256').update(reserve).digest();
    const seats = createHash('sha256');
    for (const bytes of [...advert.roundKeys, ...advert.commitments]) seats.update(bytes);
    const { signature } = world.at(site).site.sign('advert', {
      consortium: world.at(site).site.consortium,
      study: world.hash,
      keyEpoch: 0,
      block: 0,
      site: world.at(site).name,
      seats: seats.digest('hex'),
      parameters: sumsHash(world.study),
      seed: advert.seedCommitment.toString('hex'),
      reserve: reserveSha256.toString('hex'),
    });
    return { ...advert, reserve, reserveSha256, signature };
  });
}

const named = (from: string, why: string) => ({ code: 'RESERVE_EVIDENCE', refusal: { fields: { from, why } } });
const hasShared = (world: StudyWorld, site: string) => world.coordinator.said.has(`share ${site}`);

describe('seats of a private study', () => {
  it('come with the proof that their rounds are reserved, and are shared with whoever proved it', async () => {
    const world = await advertised();
    const [advert] = world.adverts(['b']);
    const proven = provenRounds(advert?.reserve ?? Buffer.alloc(0), {
      consortium: 'test.example',
      site: 'b',
      hash: world.hash,
      study: world.study,
      keysOf: memberKeys(world.at('a').state),
      readKey: readIdentityKey,
    });
    expect(proven).toEqual([1, 2, 3, 4]);
    expect(
      evidenceOf(world, 'b')
        .entries.map(({ line }) => textOf(line))
        .join('\n'),
    ).toContain('"kind":"reserve"');
    const task = world.shareTask(0);
    await world.everywhere(() => task);
    const held = world.holdTask(0);
    expect(held.value.adverts.every(({ reserve }) => reserve.length === 0)).toBe(true);
    await world.everywhere(() => held);
    await world.round(world.attempt(1, 0));
  });

  it('are not shared, by anybody, where the coordinator takes a proof out or puts another one in', async () => {
    const world = await advertised();
    const none = shown(world, 'b', (advert) => ({ ...advert, reserve: Buffer.alloc(0) }));
    const nothingNamed = shown(world, 'b', (advert) => ({ ...advert, reserve: Buffer.alloc(0), reserveSha256: Buffer.alloc(0) }));
    const [ofC] = world.adverts(['c']);
    const another = shown(world, 'b', (advert) => ({ ...advert, reserve: ofC?.reserve ?? Buffer.alloc(0) }));
    const bothOfC = shown(world, 'b', (advert) => ({
      ...advert,
      reserve: ofC?.reserve ?? Buffer.alloc(0),
      reserveSha256: ofC?.reserveSha256 ?? Buffer.alloc(0),
    }));
    for (const name of ['a', 'c']) {
      await expect(world.perform(name, none)).rejects.toMatchObject(named('b', 'missing'));
      await expect(world.perform(name, nothingNamed)).rejects.toMatchObject(named('b', 'missing'));
      await expect(world.perform(name, another)).rejects.toMatchObject(named('b', 'form'));
      // The signature of b stands over its own proof.
      await expect(world.perform(name, bothOfC)).rejects.toMatchObject({ code: 'SHARE_INVALID', refusal: { fields: { from: 'b' } } });
      expect(hasShared(world, name)).toBe(false);
    }
  });

  it('are not shared on the proof of an older block', async () => {
    const world = await advertised();
    const [older] = world.adverts(['b']);
    await world.everywhere(() => world.advertiseTask(1, 8));
    const task = world.shareTask(1);
    const adverts = task.value.adverts.map((advert) => (advert.site === 'b' && older ? older : advert));
    await expect(world.perform('a', { ...task, value: { ...task.value, adverts } })).rejects.toMatchObject({ code: 'SHARE_INVALID' });
  });

  it('are not shared with a site that signs for a proof that does not hold, and it is named', async () => {
    const world = await advertised();
    const honest = evidenceOf(world, 'b');
    const bare = honest.checkpoint
      .split('\n')
      .filter((line) => !/^— test[.]example\/[ac] /.test(line))
      .join('\n');
    const forged = honest.entries.map((entry) => ({
      ...entry,
      line: Buffer.from(textOf(entry.line).replace('"rounds":[1,2,3]', '"rounds":[1,2,3,4]'), 'utf8'),
    }));
    const lies: readonly [string, ReserveEvidence | undefined][] = [
      ['missing', undefined],
      ['quorum', { ...honest, checkpoint: bare }],
      ['owner', evidenceOf(world, 'c')],
      ['not-in-tree', { ...honest, entries: forged }],
      ['rounds', { ...honest, entries: honest.entries.slice(0, 1) }],
    ];
    for (const [why, evidence] of lies)
      await expect(world.perform('a', signedFor(world, 'b', evidence)), why).rejects.toMatchObject(named('b', why));
    expect(hasShared(world, 'a')).toBe(false);
    await world.perform('a', signedFor(world, 'b', honest));
    expect(world.coordinator.word<ShareRequest>('share', 'a').root?.site).toBe('a');
  });

  it('are not shared on the reserve of another study over the same patients, or of another event', async () => {
    const world = await advertised();
    const other = resolveStudy(parseYaml(noisyYaml({ rounds: 3 }).replace('heart-lr', 'another'), StudyFile, 'study'), sealParameters);
    const hash = studyHash(studySpecification(other));
    const packed = await world.at('b').budgets.evidence({ hash, study: other }, 1);
    const evidence = packed && unpackEvidence(packed);
    await expect(world.perform('a', signedFor(world, 'b', evidence))).rejects.toMatchObject(named('b', 'not-a-reserve'));
    // An entry that names the study, and another event than the one that its rounds are.
    const { noise } = world.study.derived;
    const quieter = { ...world.study, derived: { ...world.study.derived, noise: noise && { ...noise, variance: noise.variance * 4 } } };
    const [advert] = world.adverts(['b']);
    const question = {
      consortium: 'test.example',
      site: 'b',
      hash: world.hash,
      keysOf: memberKeys(world.at('a').state),
      readKey: readIdentityKey,
    };
    expect(provenRounds(advert?.reserve ?? Buffer.alloc(0), { ...question, study: quieter })).toBe('event');
  });

  it('serve no round that a proof does not reach: new seats bring a new proof', async () => {
    const world = await advertised();
    await world.openBlock(1, 8);
    const reserves = (name: string) => world.at(name).state.database.prepare('SELECT reserves FROM study_block WHERE block = 1').get();
    expect(JSON.parse(String(reserves('a')?.['reserves']))).toEqual({ a: [1, 2, 3, 4], b: [1, 2, 3, 4], c: [1, 2, 3, 4] });
    world.at('a').state.database.prepare(`UPDATE study_block SET reserves = '{"a":[1,2],"b":[2],"c":[1,2]}' WHERE block = 1`).run();
    await expect(world.perform('a', world.contributeTask(world.attempt(1, 0, { block: 1 })))).rejects.toMatchObject(named('b', 'rounds'));
  });

  it('are not advertised before witnesses have seen the reserve, nor where the budget has no room for the round', async () => {
    const world = new StudyWorld(noisyYaml({ rounds: 3 }));
    world.patienceMs = 300;
    worlds.push(world);
    await world.start();
    await world.makeKeys();
    world.lostWitnesses.add('c');
    await expect(world.perform('a', world.advertiseTask(0, 8))).rejects.toMatchObject({ code: 'WITNESS_QUORUM' });
    expect(world.coordinator.said.has('advertise a')).toBe(false);
    world.lostWitnesses.clear();
    await world.perform('a', world.advertiseTask(0, 8));
    // What the witnesses saw then serves while one of them is lost.
    world.lostWitnesses.add('c');
    await world.perform('a', world.advertiseTask(1, 8, 0, 2));
    expect(world.coordinator.word<AdvertiseRequest>('advertise', 'a').block).toBe(1);

    const poor = new StudyWorld(noisyYaml({ rounds: 3 }), { epsilonLimit: 1 });
    worlds.push(poor);
    await poor.start();
    await poor.makeKeys();
    await expect(poor.perform('a', poor.advertiseTask(0, 8))).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  });
});
