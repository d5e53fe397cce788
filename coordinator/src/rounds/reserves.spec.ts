import { describe, expect, it } from 'vitest';
import { assignmentFor } from './assignment.js';
import { agree, fold, keysConfirmed, PRIVATE, seatsReady, sitesNamed, testStudy, TestWorld, upload } from './builders.js';
import type { StudyEvent } from './study-event.js';

const [a, b, c, d] = sitesNamed('a', 'b', 'c', 'd') as [never, never, never, never];
const SIZES = { publicSizes: { a: 100, b: 100, c: 100, d: 100 } };
const rounds = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

function privateWorld(sites: object = {}): TestWorld {
  return keysConfirmed(new TestWorld(testStudy({ ...SIZES, ...sites }, 80, PRIVATE)));
}

/** One whole round of its participants, which everybody applies. */
function oneRound(world: TestWorld): void {
  const { activity } = world.state;
  if (activity.phase !== 'round') throw new Error(`no round: ${activity.phase}`);
  upload(world, ...activity.attempt.participants);
  fold(world);
  agree(world, `state-${activity.attempt.round}`, a, b, c, d);
}

const unproven = (world: TestWorld, site: never, why = 'quorum'): StudyEvent => ({
  type: 'refused',
  site,
  round: 0,
  attempt: 0,
  code: 'RESERVE_EVIDENCE',
  fields: { from: site, why },
  incident: '',
  decision: 'failed',
  block: world.state.block?.number ?? -1,
});

describe('a block of a private study', () => {
  it('has as many seats as a ledger reserves rounds at once, and says from which round on', () => {
    const world = privateWorld();
    expect(world.state.block).toMatchObject({ seats: 50, round: 1 });
    expect(assignmentFor(world.state, a, world.connected).task).toMatchObject({ $case: 'advertise', value: { seats: 50, round: 1 } });
  });

  it('hands the evidence of each site to the others once, with the adverts that they share over', () => {
    const world = privateWorld();
    const { block } = world.state;
    const advert = { roundKeys: ['aa'], commitments: ['bb'], parameters: '00', seed: '00', signature: '00' };
    const reserve = { evidence: Buffer.from('proof').toString('base64'), sha256: 'ee'.repeat(32), rounds: rounds(1, 50) };
    world.happen(
      ...[a, b, c, d].map((site): StudyEvent => ({ type: 'advertised', site, block: block?.number ?? 0, advert: { ...advert, reserve } })),
    );
    const { task } = assignmentFor(world.state, a, world.connected);
    if (task?.$case !== 'share') throw new Error(String(task?.$case));
    expect(task.value.adverts.map(({ reserve: proof }) => proof.toString())).toEqual(['proof', 'proof', 'proof', 'proof']);
    world.happen(
      ...[a, b, c, d].map((site): StudyEvent => ({ type: 'shared', site, block: block?.number ?? 0, root: { root: 'cc', signature: '' } })),
    );
    const { task: hold } = assignmentFor(world.state, a, world.connected);
    if (hold?.$case !== 'hold') throw new Error(String(hold?.$case));
    expect(hold.value.adverts.map(({ reserve: proof, reserveSha256 }) => [proof.length, reserveSha256.length])[0]).toEqual([0, 32]);
  });

  it('is followed by the next one before a round that some evidence does not reach', () => {
    const world = seatsReady(privateWorld(), [], (site) => (site === b ? rounds(1, 2) : rounds(1, 50)));
    oneRound(world);
    expect(world.state.block?.number).toBe(0);
    oneRound(world);
    expect(world.state.activity).toMatchObject({ phase: 'waiting', round: 3 });
    expect(world.state.block).toMatchObject({ number: 1, round: 3 });
    seatsReady(world, [], () => rounds(3, 52));
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { round: 3, block: 1, seat: 0 } });
  });

  it('closes without a site whose evidence does not hold: it is named, and asked again after a minute', () => {
    const world = privateWorld();
    world.happen(unproven(world, d));
    expect(world.state.refusals.get(d)).toMatchObject({ code: 'RESERVE_EVIDENCE', fields: { from: 'd', why: 'quorum' } });
    seatsReady(world, [d], () => rounds(1, 50));
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { participants: ['a', 'b', 'c'] } });
    oneRound(world);
    oneRound(world);
    expect(world.state.block?.number).toBe(0);
    // The attempt that is open meanwhile comes to nothing.
    world.pass(61_000);
    expect(world.state.block).toMatchObject({ number: 1, asked: ['a', 'b', 'c', 'd'] });
  });

  it('waits for nobody whose budget has no room, where the study goes on without', () => {
    const world = privateWorld({ onMissing: { refused: 'continue' } });
    const fields = { population: 'heart', wouldReach: '4', limit: '3' };
    const block = world.state.block?.number ?? 0;
    world.happen({
      type: 'refused',
      site: d,
      round: 0,
      attempt: 0,
      code: 'BUDGET_EXHAUSTED',
      fields,
      incident: 'X',
      decision: 'refused',
      block,
    });
    seatsReady(world, [d], () => rounds(1, 50));
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { participants: ['a', 'b', 'c'] } });
    oneRound(world);
    expect(world.state.block?.number).toBe(0);
  });

  it('asks the researcher about a site whose budget has no room, and goes on at once with the answer', () => {
    const world = privateWorld();
    const fields = { population: 'heart', wouldReach: '4', limit: '3' };
    const refused = (block: number): StudyEvent => ({
      type: 'refused',
      site: d,
      round: 0,
      attempt: 0,
      code: 'BUDGET_EXHAUSTED',
      fields,
      incident: 'X',
      decision: 'refused',
      block,
    });
    world.happen(refused(0));
    const { block } = world.state;
    seatsReady(world, [d], () => rounds(1, 50));
    expect(world.state.activity.phase).toBe('waiting');
    expect(block?.number).toBe(0);
    world.happen({ type: 'excused', site: d, by: 'researcher' });
    if (world.state.activity.phase === 'waiting') seatsReady(world, [d], () => rounds(1, 50));
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { participants: ['a', 'b', 'c'] } });
  });
});
