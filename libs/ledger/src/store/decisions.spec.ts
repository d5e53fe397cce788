import { randomBytes } from 'node:crypto';
import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import {
  ACCOUNTANT,
  COHORT,
  coordinator,
  CONSORTIUM,
  gaussian,
  newSigner,
  OFFICER,
  POPULATION,
  readKey,
  rounds,
  SITE,
  STUDY,
  World,
} from '../../test/world.js';
import type { Decision } from '../entries/decision.js';
import { signWord } from '../entries/officer-word.js';
import { checkReserveEvidence } from '../verify/check-evidence.js';
import { verifyLedger } from '../verify/verify-ledger.js';
import type { Ledger } from './ledger.js';

const reserve = (ledger: Ledger, from = 0, count = 5) =>
  ledger.reserve({ study: STUDY, cohort: COHORT, items: [{ purpose: 'training', event: gaussian(20), rounds: rounds(from, count) }] });
const code = (name: string) => expect.objectContaining({ code: name });
const verify = (world: World, checkpoint?: string) =>
  verifyLedger(world.file(), {
    keysOf: world.keysOf,
    readKey,
    accountant: ACCOUNTANT,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });
const site = (name: string) => SiteName.parse(name);

describe("an officer's word", () => {
  const dpo = { name: 'dpo', signer: newSigner() };
  const raise: Decision = { kind: 'limit', epsilonMax: 8 };
  const word = (decision: Decision, population: string = POPULATION) =>
    signWord({ consortium: CONSORTIUM, site: SITE, population }, decision, dpo, randomBytes(16));

  it('stands in the entry as it was signed, and whoever verifies sees who decided', async () => {
    const world = new World();
    const ledger = await world.approved();
    await ledger.decide(raise, word(raise));
    const verdict = verify(world, (await ledger.publish()).text);
    expect(verdict).toMatchObject({ ok: true, budget: { epsilonMax: 8 } });
    if (verdict.ok)
      expect(verdict.decisions.at(-1)).toMatchObject({
        index: 2,
        decision: raise,
        by: { role: 'officer', name: 'dpo', key: Buffer.from(dpo.signer.publicKey).toString('hex') },
      });
  });

  it('is not taken for another decision or ledger, and only once', async () => {
    const ledger = await new World().approved();
    const once = word(raise);
    await expect(ledger.decide({ ...raise, epsilonMax: 9 }, once)).rejects.toEqual(code('LEDGER_REFUSED'));
    await expect(ledger.decide(raise, word(raise, 'lungs'))).rejects.toEqual(code('LEDGER_REFUSED'));
    await ledger.decide(raise, once);
    await ledger.decide({ kind: 'limit', epsilonMax: 5 }, coordinator(1));
    await expect(ledger.decide(raise, once)).rejects.toEqual(code('LEDGER_REFUSED'));
    expect(ledger.state.terms.epsilonMax).toBe(5);
  });

  it('is not undone by a request of the coordinator that comes again', async () => {
    const ledger = await new World().approved();
    await ledger.decide({ kind: 'freeze' }, coordinator(4));
    await ledger.decide({ kind: 'unfreeze' }, OFFICER);
    for (const old of [1, 3, 4]) await expect(ledger.decide({ kind: 'freeze' }, coordinator(old))).rejects.toEqual(code('LEDGER_REFUSED'));
    // One number far ahead would leave none for later.
    await expect(ledger.decide({ kind: 'freeze' }, coordinator(2 ** 31 - 1))).rejects.toEqual(code('LEDGER_REFUSED'));
    expect(ledger.state.frozen).toBeUndefined();
    await ledger.decide({ kind: 'freeze' }, coordinator(5));
    expect(ledger.state.frozen).toMatchObject({ role: 'coordinator', name: 'ada', request: 5 });
  });

  it('is needed where the coordinator would leave a limit as it is: its requests lower it', async () => {
    const ledger = await new World().approved();
    await expect(ledger.decide({ kind: 'limit', epsilonMax: 6 }, coordinator(1))).rejects.toEqual(code('NOT_ALLOWED'));
    await ledger.decide({ kind: 'limit', epsilonMax: 5.9 }, coordinator(1));
    expect(ledger.state.terms.epsilonMax).toBe(5.9);
  });

  it('is needed to loosen: the site by itself may only tighten', async () => {
    const ledger = await new World().approved();
    const desk = { role: 'site', name: 'site.yaml' } as const;
    await expect(ledger.decide(raise, desk)).rejects.toEqual(code('NOT_ALLOWED'));
    await ledger.decide({ kind: 'limit', epsilonMax: 5 }, desk);
    await ledger.decide({ kind: 'freeze' }, desk);
    await expect(ledger.decide({ kind: 'unfreeze' }, desk)).rejects.toEqual(code('NOT_ALLOWED'));
    await expect(ledger.decide({ kind: 'witnesses', add: [site('basel')] }, desk)).rejects.toEqual(code('NOT_ALLOWED'));
    const pause = (action: 'pause' | 'resume', by: typeof desk | typeof OFFICER) =>
      ledger.decide({ kind: 'study', action, study: STUDY, epsilonLimit: null, until: null }, by);
    await pause('pause', desk);
    await pause('resume', desk);
    await pause('pause', desk);
    await pause('pause', OFFICER);
    await expect(pause('resume', desk)).rejects.toEqual(code('NOT_ALLOWED'));
  });
});

describe('a frozen population', () => {
  it('refuses as PAUSED and says by whom, in the fields that may leave the site', async () => {
    const ledger = await new World().approved();
    await ledger.decide({ kind: 'freeze' }, OFFICER);
    await expect(reserve(ledger)).rejects.toMatchObject({ refusal: { code: 'PAUSED', fields: { by: 'officer' } } });
    expect(() => ledger.permit(STUDY)).toThrow(/frozen/);
  });
});

describe('more witnesses', () => {
  const add = (ledger: Ledger, ...names: string[]) => ledger.decide({ kind: 'witnesses', add: names.map(site) }, OFFICER);

  it('cosign from their entry on, beside the quorum of those before', async () => {
    const world = new World(2);
    const ledger = await world.approved();
    const before = (await ledger.publish()).text;
    for (const name of ['zurich', 'basel']) world.admit(name);
    await add(ledger, 'zurich', 'basel');
    expect(ledger.state.terms).toMatchObject({ witnesses: ['cleveland', 'hungary', 'zurich', 'basel'] });
    // Three of four would be a quorum of the larger set; of the smaller one both are needed.
    world.lost.add('hungary');
    await expect(reserve(ledger)).rejects.toMatchObject({ refusal: { code: 'WITNESS_QUORUM', fields: { missing: 'hungary' } } });
    world.lost.clear();
    world.lost.add('basel');
    await reserve(ledger);
    world.lost.add('zurich');
    await expect(reserve(ledger, 5)).rejects.toMatchObject({ refusal: { code: 'WITNESS_QUORUM', fields: { missing: 'zurich, basel' } } });
    world.lost.clear();
    const after = (await ledger.publish()).text;
    // A checkpoint from before is judged by who there was then.
    for (const checkpoint of [before, after]) expect(verify(world, checkpoint)).toMatchObject({ ok: true });
    const bare = after
      .split('\n')
      .filter((line) => !/^— cardio\/(zurich|basel)/.test(line))
      .join('\n');
    expect(verify(world, bare)).toMatchObject({ ok: false, why: 'quorum' });
  });

  it('are in the evidence that goes with adverts, and needed for it', async () => {
    const world = new World(2);
    const ledger = await world.approved();
    world.admit('zurich');
    await add(ledger, 'zurich');
    const { evidence } = await reserve(ledger);
    const question = { consortium: CONSORTIUM, site: SITE, study: STUDY, sites: [], isPlanned: () => true, keysOf: world.keysOf, readKey };
    expect(checkReserveEvidence(evidence, question)).toMatchObject({ witnesses: ['cleveland', 'hungary', 'zurich'] });
    const without = (name: string) => ({
      ...evidence,
      checkpoint: evidence.checkpoint
        .split('\n')
        .filter((line) => !line.startsWith(`— cardio/${name} `))
        .join('\n'),
    });
    for (const name of ['cleveland', 'zurich']) expect(checkReserveEvidence(without(name), question)).toBe('quorum');
    // Whoever hides the entry that added one is judged by those before.
    const hidden = { ...without('hungary'), entries: evidence.entries.filter(({ index }) => index !== 2) };
    expect(checkReserveEvidence(hidden, question)).toBe('quorum');
  });

  it('are asked at the next start too, and know a copy from before them', async () => {
    const world = new World(2);
    const ledger = await world.approved();
    await ledger.publish();
    const older = world.disk.snapshot();
    world.admit('zurich');
    await add(ledger, 'zurich');
    await ledger.publish();
    await ledger.close();
    world.lost.add('zurich');
    expect(await world.start()).toMatchObject({ kind: 'waiting', missing: ['zurich'] });
    world.disk.restore(older);
    expect(await world.start()).toMatchObject({ kind: 'rolled-back', known: 3 });
  });

  it('are nobody who does not answer, is one already, or is the site itself: nothing is written', async () => {
    const world = new World(2);
    const ledger = await world.approved();
    await expect(add(ledger, 'zurich')).rejects.toMatchObject({ refusal: { code: 'WITNESS_QUORUM', fields: { missing: 'zurich' } } });
    await expect(add(ledger, 'cleveland')).rejects.toEqual(code('LEDGER_REFUSED'));
    await expect(add(ledger, SITE)).rejects.toEqual(code('LEDGER_REFUSED'));
    expect(ledger.size).toBe(2);
  });
});

describe('a change of keys', () => {
  const other = (world: World) => {
    const [old] = world.signers.get(SITE)!;
    const next = newSigner();
    world.signers.get(SITE)!.push(next);
    return { old: old!, next };
  };

  it('hands the ledger on when it is opened, signed by both, and the earlier key is not needed again', async () => {
    const world = new World();
    await reserve(await world.approved());
    await world.ledger!.close();
    const { old } = other(world);
    world.earlier = [newSigner(), old];
    const { ledger } = (await world.start()) as { ledger: Ledger };
    expect(ledger.state.keys).toHaveLength(2);
    expect(ledger.published!.size).toBeLessThanOrEqual(ledger.state.keySince);
    world.earlier = [];
    await ledger.close();
    expect((await world.start()).kind).toBe('ready');
    await reserve(world.ledger!, 10);
    expect(world.ledger!.published!.size).toBeGreaterThan(world.ledger!.state.keySince);
    expect(verify(world, world.ledger!.published!.text)).toMatchObject({ ok: true });
  });

  it('takes back what an older copy lacks before it looks at keys', async () => {
    const world = new World();
    await reserve(await world.approved());
    await world.ledger!.close();
    const older = world.disk.snapshot();
    const { old } = other(world);
    world.earlier = [old];
    await reserve(((await world.start()) as { ledger: Ledger }).ledger, 10);
    await world.ledger!.close();
    world.earlier = [];
    world.disk.restore(older);
    const ledger = await world.open();
    expect(ledger.state.keys).toHaveLength(2);
    await reserve(ledger, 20);
  });

  it('without the earlier key refuses, changes nothing, and begins no other ledger', async () => {
    const world = new World();
    await reserve(await world.approved());
    await world.ledger!.close();
    const { next } = other(world);
    const before = world.file();
    const refusal = { code: 'LEDGER_KEY', refusal: { code: 'LEDGER_INVALID', fields: { population: 'heart' } } };
    await expect(world.start()).rejects.toMatchObject(refusal);
    expect(world.file()).toEqual(before);
    // The whole disk is gone, and with it the roster that had the earlier key.
    world.disk.restore(new Map());
    world.signers.set(SITE, [next]);
    world.mirror.down = true;
    await expect(world.start()).rejects.toMatchObject(refusal);
    world.mirror.down = false;
    for (const name of world.names) world.openWitness(name);
    await expect(world.start()).rejects.toMatchObject(refusal);
  });
});
