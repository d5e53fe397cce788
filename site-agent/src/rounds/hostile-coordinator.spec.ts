import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml, resolveStudy, sha256Hex as sha, StudyFile, StudyHash, studySpecification, type Statement } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { noisyYaml, StudyWorld, type Task } from '../../test/study-world.js';
import { fetchProposals, signDecision, signPause } from '../approval/index.js';
import { enterStudy } from '../session/enter-study.js';
import { findApproval, findStudy, saveApproval } from '../state/index.js';
import { act } from './act.js';

const world = new StudyWorld(noisyYaml());
const { coordinator } = world;

beforeAll(async () => {
  await world.start();
  await world.makeKeys();
  await world.openBlock(0, 16);
});
afterAll(() => world.stop());
afterEach(() => vi.restoreAllMocks());

/** What a site's ledger says of this study: the entries of one kind. */
const entries = (name: string, kind: string) => {
  const path = join(world.at(name).root, 'state', 'ledgers', 'heart.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  return lines.filter((line) => line.includes(`"kind":"${kind}"`) && line.includes(world.hash));
};

/** The coordinator hands out `specification` as what `study` stands for, and says that the site has approved it. */
const propose = (name: string, study: string, specification: Buffer) => {
  const proposal = { study, specification, proposedAt: '2026-01-01T00:00:00.000Z', approved: true };
  const pending = (_: unknown, __: unknown, ___: unknown, reply: (error: null, value: unknown) => void) => {
    reply(null, { proposals: [proposal] });
    return { cancel: () => undefined };
  };
  return fetchProposals(world.at(name).state, { approval: { pending } as never });
};
const ask = (name: string, study: StudyHash, task: Task) => {
  const { site, config } = world.at(name);
  return act(site, (hash) => enterStudy(site, config, hash, () => undefined), { study, sequence: 1n, task }, new AbortController().signal);
};
const refusal = (code: string, fields = {}) => ({ refusal: { code, fields } });
const decide = (name: string, decision: Partial<Statement<'approval'>>) => {
  const { state, keys } = world.at(name);
  const whole = { study: world.hash, decision: 'approve', release: 'in-advance', until: null, epsilonLimit: null, ...decision } as const;
  return signDecision(state, { site: keys }, whole, new Date());
};
const rest = (name: string, decision: 'pause' | 'resume') => {
  const { state, keys } = world.at(name);
  return signPause(state, { site: keys }, { study: world.hash, decision }, new Date());
};

/** Everything that the coordinator may ask for, but the end; what is asked for does not matter where it may not be asked. */
const EVERY_STEP = [
  'makeKeys',
  'takeKeys',
  'advertise',
  'share',
  'hold',
  'contribute',
  'signList',
  'unmask',
  'signFold',
  'apply',
  'vote',
  'uploadBundle',
].map(($case) => ({ $case, value: {} }) as Task);

/** Nobody trains, pays or sends anything in answer to any step. */
async function expectNoAnswer(name: string, study: StudyHash, expected: object): Promise<void> {
  const run = vi.spyOn(world.at(name).site.workbench, 'run');
  const before = [coordinator.streams, coordinator.said.size, coordinator.boxes.length];
  const spent = entries(name, 'spend').length;
  for (const task of EVERY_STEP) await expect(ask(name, study, task)).rejects.toMatchObject(expected);
  expect([coordinator.streams, coordinator.said.size, coordinator.boxes.length]).toEqual(before);
  expect(run).not.toHaveBeenCalled();
  expect(entries(name, 'spend')).toHaveLength(spent);
}

describe('a coordinator that lies about approvals', () => {
  const weaker = studySpecification(
    resolveStudy(parseYaml(noisyYaml().replace('noiseMultiplier: 2', 'noiseMultiplier: 1'), StudyFile, 'study'), sealParameters),
  );
  const other = studySpecification(
    resolveStudy(parseYaml(noisyYaml().replace('name: heart-lr', 'name: other'), StudyFile, 'study'), sealParameters),
  );

  it('gets nothing for a study that it says is approved, and nobody here approved', async () => {
    const [proposal] = await propose('a', StudyHash.parse(sha(other)), other);
    expect(proposal?.study?.name).toBe('other');
    await expectNoAnswer('a', StudyHash.parse(sha(other)), refusal('NOT_APPROVED'));
  });

  it('gets nothing for a version with less noise than the approved one', async () => {
    const hash = StudyHash.parse(sha(weaker));
    await propose('a', hash, weaker);
    await expectNoAnswer('a', hash, refusal('APPROVAL_STALE', { approved: world.hash.slice(0, 8), current: hash.slice(0, 8) }));
  });

  it('does not get a byte of the approved specification changed', async () => {
    const altered = Buffer.from(world.specification.toString().replace('"noiseMultiplier":2,', '"noiseMultiplier":1,'));
    expect(altered.equals(world.specification)).toBe(false);
    const [proposal] = await propose('a', world.hash, altered);
    expect(proposal).toMatchObject({ study: undefined, reason: { code: 'STUDY_ALTERED' } });
    expect(Buffer.from(findStudy(world.at('a').state, world.hash)!.specification)).toEqual(world.specification);
  });

  it('gets nothing where the stored specification itself has another byte', async () => {
    const { database } = world.at('a').state;
    const altered = Buffer.from(world.specification.toString().replace('"noiseMultiplier":2,', '"noiseMultiplier":1,'));
    database.prepare('UPDATE study SET specification = ? WHERE hash = ?').run(altered, world.hash);
    await expectNoAnswer(
      'a',
      world.hash,
      refusal('APPROVAL_STALE', { approved: world.hash.slice(0, 8), current: sha(altered).slice(0, 8) }),
    );
    database.prepare('UPDATE study SET specification = ? WHERE hash = ?').run(world.specification, world.hash);
  });

  it('gets nothing by an approval of another study or site in place of this one', async () => {
    const { state } = world.at('a');
    const { statement, signature } = findApproval(state, world.hash)!;
    saveApproval(state, { ...statement, site: 'b' as never }, signature);
    await expectNoAnswer('a', world.hash, refusal('NOT_APPROVED'));
    saveApproval(state, statement, signature);
    const [json] = [Buffer.from(JSON.stringify({ ...statement, study: sha(other) }))];
    state.database.prepare('UPDATE approval SET statement = ? WHERE study = ?').run(json, world.hash);
    await expectNoAnswer('a', world.hash, { refusal: { code: 'APPROVAL_STALE' } });
    saveApproval(state, statement, signature);
  });
});

describe('a coordinator that asks for a step', () => {
  it('after a pause gets nothing, and after the resumption what it asks for', async () => {
    rest('a', 'pause');
    await expectNoAnswer('a', world.hash, refusal('PAUSED', { by: 'site' }));
    rest('a', 'resume');
    await world.perform('a', world.contributeTask(world.attempt(1, 0)));
    expect(entries('a', 'spend')).toHaveLength(1);
  });

  it('after the last day of the approval gets nothing', async () => {
    decide('a', { until: '2020-01-01' });
    await expectNoAnswer('a', world.hash, refusal('APPROVAL_ENDED', { why: 'expired' }));
  });

  it('after a withdrawal gets nothing, and after a new approval what it asks for', async () => {
    decide('a', { decision: 'withdraw' });
    await expectNoAnswer('a', world.hash, refusal('APPROVAL_ENDED', { why: 'withdrawn' }));
    decide('a', {});
    await world.perform('a', world.contributeTask(world.attempt(1, 0)));
    expect(entries('a', 'spend')).toHaveLength(1);
  });

  it.each([
    ['a pause', 8, () => rest('b', 'pause'), refusal('PAUSED', { by: 'site' })],
    ['a withdrawal', 9, () => decide('b', { decision: 'withdraw' }), refusal('APPROVAL_ENDED', { why: 'withdrawn' })],
  ])('does not get what was being made when %s came', async (_, attempt, change, expected) => {
    const { workbench } = world.at('b').site;
    const run = workbench.run.bind(workbench);
    vi.spyOn(workbench, 'run').mockImplementation(async (job, limits) => {
      const result = await run(job, limits);
      change();
      return result;
    });
    const { streams } = coordinator;
    await expect(world.perform('b', world.contributeTask(world.attempt(1, attempt)))).rejects.toMatchObject(expected);
    expect(coordinator.streams).toBe(streams);
    vi.restoreAllMocks();
    decide('b', {});
  });
});

describe('a coordinator that replays rounds', () => {
  it('is paid for once a round, however many attempts it takes', async () => {
    await world.perform('c', world.contributeTask(world.attempt(1, 0)));
    await world.perform('c', world.contributeTask(world.attempt(1, 1)));
    await world.restart('c');
    await world.perform('c', world.contributeTask(world.attempt(1, 2)));
    expect(entries('c', 'spend')).toHaveLength(1);
  });

  it('gets no second contribution to a round that is over: nothing is paid, drawn, sent or taken back', async () => {
    await world.round(world.attempt(1, 3));
    await world.round(world.attempt(2, 0, { seat: 4 }));
    const spent = entries('a', 'spend').length;
    const { streams } = coordinator;
    // The states that t sites signed before that round are genuine.
    const initial = world.states(0);
    expect(initial).toHaveLength(3);
    for (const [attempt, seat] of [
      [4, 5],
      [0, 6],
    ] as const) {
      const again = world.contributeTask(world.attempt(1, attempt, { seat }), { state: initial });
      const outcome = await world.perform('a', again).then(
        () => 'nothing',
        (error: { readonly code: string }) => error.code,
      );
      expect(['OUT_OF_STEP', 'SEAT_USED', 'nothing']).toContain(outcome);
    }
    expect(coordinator.streams).toBe(streams);
    expect(entries('a', 'spend')).toHaveLength(spent);
    expect(world.digestOf('a', 2)).toBe(world.digestOf('b', 2));
  });

  it('gets no round that the study does not have', async () => {
    for (const round of [0, 4, 99])
      await expect(world.perform('a', world.contributeTask(world.attempt(round, 0, { seat: 7 })))).rejects.toMatchObject({
        code: 'ANNOUNCEMENT_REFUSED',
      });
  });
});
