import type { Tightening, TighteningAnswer } from '@consilium/protocol/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noisyStudy, OfficerWorld } from '../../site-agent/test/officer-world.js';

const SMALL = noisyStudy('small', ['a', 'b', 'c']);

/**
 * The coordinator may tighten a budget, in the name of an officer of the consortium. What it could do with that: loosen,
 * freeze again what the site's own officer has lifted, reach another population, fill the ledger.
 */
describe('a coordinator that asks a site to move its budget', () => {
  let world: OfficerWorld;
  let answers: TighteningAnswer[];
  beforeEach(async () => {
    world = new OfficerWorld(6);
    await world.start();
    await world.pay(SMALL, 1);
    answers = [];
    listen();
  });
  afterEach(() => world.stop());

  const listen = () => world.at('a').tightenings.newSession((answer) => answers.push(answer));
  const ask = async (request: number, change: Tightening['change'], over: Partial<Tightening> = {}) => {
    await world.at('a').tightenings.take({ population: 'heart', request, by: 'ada', change, ...over });
    return answers.at(-1);
  };
  const freeze = { $case: 'freeze', value: {} } as const;
  const limit = (value: string) => ({ $case: 'epsilonLimit', value }) as const;
  const standing = () => world.verified().budget;
  const decided = () => world.verified().decisions.slice(1);

  it('is obeyed where it tightens, before the next reserve: the entry says for whom, under the signature of the site', async () => {
    expect(await ask(1, limit('5'))).toMatchObject({ population: 'heart', request: 1, entered: true, refused: '', last: 1 });
    expect(await ask(2, freeze)).toMatchObject({ request: 2, entered: true });
    await expect(world.at('a').budgets.reserve(SMALL, 2)).rejects.toMatchObject({
      refusal: { code: 'PAUSED', fields: { by: 'consortium' } },
    });
    expect(decided()).toMatchObject([
      { decision: { kind: 'limit', epsilonMax: 5 }, by: { role: 'coordinator', name: 'ada', request: 1 } },
      { decision: { kind: 'freeze' }, by: { role: 'coordinator', name: 'ada', request: 2 } },
    ]);
    expect((await world.run('ledger show heart')).stdout).toMatch(/^population +heart, frozen by the consortium \(asked by ada\)\n/);
  });

  it('loosens nothing: no higher limit, none as it is, no number in disguise, and there is no form for lifting a freeze', async () => {
    await ask(1, limit('4'));
    const refused: [string, string][] = [
      ['6', 'not-tighter'],
      ['4', 'not-tighter'],
      ['4.000000000001', 'not-tighter'],
      ['1e9', 'unreadable'],
      ['Infinity', 'unreadable'],
      ['-1', 'unreadable'],
      ['', 'unreadable'],
      // Smaller than anything that could ever be admitted: no limit but a mistake.
      ['0.001', 'no-budget'],
    ];
    for (const [index, [value, word]] of refused.entries())
      expect([value, await ask(2 + index, limit(value))]).toMatchObject([value, { entered: false, refused: word }]);
    expect(await ask(20, undefined)).toMatchObject({ entered: false, refused: 'unreadable' });
    expect(standing()).toMatchObject({ epsilonMax: 4, frozen: false });
    expect(decided()).toHaveLength(1);
  });

  it('cannot freeze again with an old request what the officer at the site has lifted, also after a restart', async () => {
    await ask(7, freeze);
    await world.json('ledger unfreeze heart --key dpo.key');
    await world.pay(SMALL, 2);
    // Sent again it is answered again, and changes nothing.
    expect(await ask(7, freeze)).toMatchObject({ request: 7, entered: true });
    expect(await ask(3, freeze)).toMatchObject({ entered: false, refused: 'out-of-turn', last: 7 });
    await world.restart('a');
    listen();
    expect(await ask(7, freeze)).toMatchObject({ entered: true });
    expect(await ask(6, freeze)).toMatchObject({ refused: 'out-of-turn', last: 7 });
    // A disk that has forgotten what came still has the ledger.
    world.at('a').state.database.exec('DELETE FROM ledger_decision');
    expect(await ask(7, freeze)).toMatchObject({ entered: true });
    expect(await ask(6, freeze)).toMatchObject({ refused: 'out-of-turn', last: 7 });
    await world.pay(SMALL, 3);
    expect(standing().frozen).toBe(false);
    // The control: under a new number the same freeze is obeyed; nor is it for ever, the officer lifts it again.
    expect(await ask(8, freeze)).toMatchObject({ entered: true });
    await expect(world.pay(SMALL, 4)).rejects.toMatchObject({ refusal: { code: 'PAUSED' } });
    await world.json('ledger unfreeze heart --key dpo.key');
    await world.pay(SMALL, 4);
  });

  it('cannot use up the numbers, nor come in under a strange name', async () => {
    expect(await ask(2 ** 31 - 1, freeze)).toMatchObject({ entered: false, refused: 'out-of-turn', last: 0 });
    expect(await ask(0, freeze)).toMatchObject({ entered: false, refused: 'unreadable' });
    expect(await ask(1, freeze, { by: 'officer dpo\nof the site' })).toMatchObject({ entered: false, refused: 'unreadable' });
    expect(await ask(1, freeze)).toMatchObject({ entered: true });
  });

  it('reaches no population but those that have a ledger here', async () => {
    for (const population of ['lungs', '../heart', '', 'HEART'])
      expect([population, (await ask(1, freeze, { population }))?.refused]).toEqual([
        population,
        population === 'lungs' ? 'unknown-population' : 'unreadable',
      ]);
    expect(decided()).toEqual([]);
  });

  it('waits where the ledger cannot be opened, is kept, and is obeyed first when it can', async () => {
    await world.restart('a');
    listen();
    for (const name of ['b', 'c', 'd']) world.lostWitnesses.add(name);
    expect(await ask(1, freeze)).toBeUndefined();
    world.lostWitnesses.clear();
    // Sent again meanwhile, it is kept once.
    await ask(1, freeze);
    await expect(world.at('a').budgets.reserve(SMALL, 2)).rejects.toMatchObject({ refusal: { code: 'PAUSED' } });
    expect(answers).toMatchObject([{ request: 1, entered: true }]);
    expect(decided()).toHaveLength(1);
  });
});
