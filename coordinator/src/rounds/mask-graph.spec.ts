import type { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { assignmentFor } from './assignment.js';
import { attemptGraph } from './attempt-graph.js';
import { keysConfirmed, launched, sitesNamed, TestWorld, testStudy, unmask, upload } from './builders.js';
import type { StudyEvent } from './study-event.js';

// n = 16, c = 2, t = m = 10: each has 6 neighbours, 3 shares give a secret back.
const names = sitesNamed(...Array.from({ length: 16 }, (_, index) => `s${String(index).padStart(2, '0')}`));
const [first, second] = names as [SiteName, SiteName];

/** A study whose blocks are too large for a complete graph. */
function largeStudy(): TestWorld {
  const study = testStudy({ names, tolerateColluders: 2 });
  const world = new TestWorld({ ...study, derived: { ...study.derived, masks: { completeUpTo: 10, failureBits: 8 } } });
  world.connected = new Set(names);
  return world;
}
const advertised = (world: TestWorld): TestWorld => {
  const { number = 0, seats = 0 } = world.state.block ?? {};
  const keys = Array.from({ length: seats }, () => 'aa'.repeat(32));
  const advert = { roundKeys: keys, commitments: keys, parameters: '00', seed: '00', signature: '00' };
  return world.happen(...names.map((site): StudyEvent => ({ type: 'advertised', site, block: number, advert })));
};
const revealed = (world: TestWorld, ...sites: readonly SiteName[]): TestWorld =>
  world.happen(
    ...sites.map((site): StudyEvent => ({ type: 'revealed', site, block: world.state.block?.number ?? 0, part: 'dd'.repeat(32) })),
  );
const taskOf = (world: TestWorld, site: SiteName) => assignmentFor(world.state, site, world.connected).task;
const closedGraph = (world: TestWorld) => {
  const { activity } = world.state;
  if (activity.phase !== 'round') throw new Error(activity.phase);
  return attemptGraph(world.state, activity.attempt);
};

describe('a block too large for a complete graph', () => {
  it('is shared only when every member has shown its part of the seed', () => {
    const world = revealed(advertised(keysConfirmed(largeStudy())), ...names.slice(1));
    expect(taskOf(world, first)).toMatchObject({ $case: 'revealSeed' });
    expect(taskOf(world, second)).toMatchObject({ $case: 'rest' });
    revealed(world, first);
    expect(taskOf(world, second)).toMatchObject({ $case: 'share', value: { seedParts: names.map(() => Buffer.alloc(32, 0xdd)) } });
  });

  it('comes to nothing where one hides its part, and the next is drawn anew by all who are there', () => {
    const world = revealed(advertised(keysConfirmed(largeStudy())), ...names.slice(1));
    world.leave(first).pass(15_000);
    expect(world.state.block).toMatchObject({ number: 1, asked: names.slice(1), parts: new Map() });
  });

  it('closes no list that the missing have torn apart, however many are left', () => {
    const world = launched(largeStudy());
    const missing = closedGraph(world)
      .holdersOf(first)
      .filter((site) => site !== first);
    upload(world, ...names.filter((site) => !missing.includes(site))).pass(30_000);
    expect(world.state.failures).toMatchObject([{ round: 1, reason: 'tooFew', sites: missing }]);
  });

  it('is opened when every contributor has enough neighbours who released, and not when any t have', () => {
    const world = upload(launched(largeStudy()), ...names);
    const graph = closedGraph(world);
    const around = graph.holdersOf(first);
    // Ten sites sign and release, of which two hold shares of the first.
    const few = [...names.filter((site) => !around.includes(site)), ...around.slice(0, 1)];
    expect(few).toHaveLength(10);
    unmask(world, ...few);
    expect(taskOf(world, few[0] as SiteName)).toMatchObject({ $case: 'rest' });
    const place = { round: 1, attempt: 0 };
    for (const site of around.slice(1, 4))
      world.happen({
        type: 'unmasked',
        site,
        ...place,
        release: { sealed: '', signature: '', droppedSha256: '', proofs: '', proofsSha256: '' },
      });
    expect(taskOf(world, few[0] as SiteName)).toMatchObject({ $case: 'apply' });
  });
});
