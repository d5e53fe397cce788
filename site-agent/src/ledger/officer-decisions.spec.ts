import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseOfficerPublicKey } from '@consilium/identity';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { noisyStudy, OfficerWorld } from '../../test/officer-world.js';

const SMALL = noisyStudy('small', ['a', 'b', 'c']);
const KEY = ' --key dpo.key';

const worlds: OfficerWorld[] = [];
/** A ledger over b and c that has paid for one round. */
async function paidWorld(epsilonLimit = 6): Promise<OfficerWorld> {
  const world = new OfficerWorld(epsilonLimit);
  await world.start();
  worlds.push(world);
  await world.pay(SMALL, 1);
  return world;
}
afterEach(async () => {
  vi.useRealTimers();
  for (const world of worlds.splice(0)) await world.stop();
});

const dpo = (world: OfficerWorld) => ({
  role: 'officer',
  name: 'dpo',
  key: parseOfficerPublicKey(readFileSync(join(world.at('a').root, 'dpo.pub'), 'utf8')).toString('hex'),
});

describe('consilium-site ledger freeze and unfreeze', () => {
  it('act in a running agent before its next reserve, as PAUSED, also within a block that is reserved', async () => {
    const world = await paidWorld();
    expect(await world.json(`ledger freeze heart${KEY}`)).toMatchObject({ code: 0, data: { by: dpo(world), entered: false } });
    // Refused before any data are touched, not only before the upload.
    await expect(world.at('a').budgets.reserve(SMALL, 2)).rejects.toMatchObject({
      refusal: { code: 'PAUSED', fields: { by: 'officer' } },
    });
    expect(await world.json('ledger show heart')).toMatchObject({
      data: { frozen: true, decisions: [{}, { decision: { kind: 'freeze' }, by: dpo(world) }], notEntered: [] },
    });
    expect((await world.run('ledger show heart')).stdout).toMatch(/^population +heart, frozen by officer dpo\n/);
    await world.json(`ledger unfreeze heart${KEY}`);
    await world.pay(SMALL, 2);
    expect(world.verified().decisions.slice(1)).toMatchObject([
      { decision: { kind: 'freeze' }, by: dpo(world) },
      { decision: { kind: 'unfreeze' }, by: dpo(world) },
    ]);
  });

  it('wait for an agent that is stopped, and stop its first round', async () => {
    const world = await paidWorld();
    const frozen = await world.run('ledger freeze heart');
    expect(frozen.stdout).toContain('enters this first when it starts');
    expect((await world.run('ledger show heart')).stdout).toContain('waiting     freeze, by the site');
    await world.restart('a');
    await expect(world.pay(SMALL, 2)).rejects.toMatchObject({ refusal: { code: 'PAUSED', fields: { by: 'site' } } });
  });

  it('are entered and cosigned while no round asks for anything', async () => {
    const world = await paidWorld();
    await world.json('ledger freeze heart');
    await world.at('a').budgets.attend();
    await vi.waitFor(() =>
      expect(world.verified(world.note())).toMatchObject({ budget: { frozen: true }, complete: { size: world.verified().entries } }),
    );
  });

  it('are brought to the witnesses later where those are away', async () => {
    const world = await paidWorld();
    await vi.waitFor(() => expect(world.verified(world.note()).complete?.size).toBe(world.verified().entries));
    const before = world.note();
    world.lostWitnesses.add('b');
    await world.json('ledger freeze heart');
    await world.at('a').budgets.attend();
    await new Promise((resolve) => setTimeout(resolve, 2 * world.patienceMs));
    expect(world.note()).toBe(before);
    world.lostWitnesses.clear();
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });
    await world.at('a').budgets.attend();
    await vi.waitFor(() => expect(world.verified(world.note()).complete?.size).toBe(world.verified().entries));
  });

  it('are everybody’s and an officer’s: to loosen needs a key that site.yaml names', async () => {
    const world = await paidWorld();
    await world.run('officer key new -o other.key');
    await world.json('ledger freeze heart');
    expect(await world.json('ledger unfreeze heart')).toMatchObject({ code: 4, error: { code: 'OFFICER_KEY_NEEDED' } });
    expect(await world.json('ledger unfreeze heart --key other.key')).toMatchObject({ code: 4, error: { code: 'OFFICER_UNKNOWN' } });
    expect(await world.json(`ledger freeze heart${KEY}`)).toMatchObject({ code: 5, error: { code: 'LEDGER_REFUSED' } });
    // The officer is taken out of site.yaml before the agent has entered the word.
    expect(await world.json(`ledger unfreeze heart${KEY}`)).toMatchObject({ code: 0 });
    await world.configure({ officers: '[other.pub]' });
    await expect(world.pay(SMALL, 2)).rejects.toMatchObject({ code: 'PAUSED' });
    expect((await world.run('ledger show heart')).stdout).toMatch(
      /waiting +unfreeze, by officer dpo: the key that signed it is not under officers/,
    );
    // Put back, the word counts.
    await world.configure();
    await world.pay(SMALL, 2);
  });

  it('are refused with the population that has no ledger yet', async () => {
    const world = await paidWorld();
    expect(await world.json(`ledger freeze lungs${KEY}`)).toMatchObject({ code: 2, error: { code: 'LEDGER_UNKNOWN' } });
  });
});

describe('consilium-site ledger limit', () => {
  it('lowers by anybody at the site and raises by an officer, up to what site.yaml allows', async () => {
    const world = await paidWorld(6);
    await world.json('ledger limit heart --epsilon 4');
    await world.pay(SMALL, 2);
    expect(world.verified().budget.epsilonMax).toBe(4);
    expect(await world.json('ledger limit heart --epsilon 5')).toMatchObject({ code: 4, error: { code: 'OFFICER_KEY_NEEDED' } });
    expect(await world.json(`ledger limit heart --epsilon 7${KEY}`)).toMatchObject({ code: 2, error: { code: 'LIMIT_ABOVE_SETTINGS' } });
    expect(await world.json(`ledger limit heart --epsilon 5.5${KEY}`)).toMatchObject({ code: 0, data: { by: dpo(world) } });
    await world.pay(SMALL, 3);
    expect(world.verified()).toMatchObject({ budget: { epsilonMax: 5.5 } });
    await world.restart('a');
    await world.pay(SMALL, 4);
    expect(world.verified().budget.epsilonMax).toBe(5.5);
  });

  it('names the smallest possible one where no order would have a budget, and signs nothing', async () => {
    const world = await paidWorld(6);
    const { code, error } = await world.json(`ledger limit heart --epsilon 0.5${KEY}`);
    expect(code).toBe(5);
    const least = Number(/must be above (\d+\.\d{4})/.exec(error.message)?.[1]);
    expect(await world.json(`ledger limit heart --epsilon ${(least - 0.0001).toFixed(4)}${KEY}`)).toMatchObject({ code: 5 });
    expect(await world.json(`ledger limit heart --epsilon ${(least + 0.0001).toFixed(4)}${KEY}`)).toMatchObject({ code: 0 });
    for (const bad of ['0', 'NaN', '-1', '1e3', 'Infinity', '4,5'])
      expect(await world.json(`ledger limit heart --epsilon=${bad}${KEY}`)).toMatchObject({ code: 2, error: { code: 'INVALID_EPSILON' } });
  });
});

describe('consilium-site ledger witnesses', () => {
  const ALL = noisyStudy('all', ['a', 'b', 'c', 'd']);

  it('lets a later study with another site use the budget, which is refused by a sentence that names the command', async () => {
    const world = await paidWorld(50);
    await expect(world.pay(ALL, 1)).rejects.toMatchObject({
      refusal: { code: 'POLICY_BUDGET', fields: { population: 'heart', why: 'witnesses' } },
      fix: expect.stringContaining('consilium-site ledger witnesses heart --add SITE'),
    });
    expect(await world.json('ledger witnesses heart --add d')).toMatchObject({ code: 4, error: { code: 'OFFICER_KEY_NEEDED' } });
    expect(await world.json(`ledger witnesses heart --add d${KEY}`)).toMatchObject({ code: 0 });
    await world.pay(ALL, 1);
    expect(world.verified(world.note()).complete?.cosigners).toEqual(['b', 'c', 'd']);
    // Those from before stay needed.
    world.lostWitnesses.add('b');
    await world.restart('a');
    await expect(world.pay(ALL, 2)).rejects.toMatchObject({ refusal: { code: 'WITNESS_QUORUM', fields: { missing: 'b' } } });
  });

  it('adds nobody who is not on the roster, is one already, or does not answer', async () => {
    const world = await paidWorld();
    expect(await world.json(`ledger witnesses heart --add z${KEY}`)).toMatchObject({ code: 2, error: { code: 'SITE_UNKNOWN' } });
    expect(await world.json(`ledger witnesses heart --add b${KEY}`)).toMatchObject({ code: 5, error: { code: 'LEDGER_REFUSED' } });
    world.lostWitnesses.add('d');
    await world.json(`ledger witnesses heart --add d${KEY}`);
    await world.at('a').budgets.attend();
    expect(await world.json('ledger show heart')).toMatchObject({
      data: { witnesses: ['b', 'c'], notEntered: [{ outcome: 'refused', detail: expect.stringContaining('d did not cosign') }] },
    });
    await world.pay(SMALL, 2);
  });

  it('asks site IT first where site.yaml names them', async () => {
    const world = await paidWorld();
    await world.configure({ privacy: 'epsilonLimit: 6, delta: 1.0e-4, largerDelta: true, witnesses: [b, c]' });
    expect(await world.json(`ledger witnesses heart --add d${KEY}`)).toMatchObject({ code: 2, error: { code: 'WITNESSES_IN_SETTINGS' } });
  });
});
