import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RoundKind, type Apply, type SealedBox, type SignedState, type SignList } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyYaml, StudyWorld } from '../../test/study-world.js';

const world = new StudyWorld(studyYaml(['a', 'b', 'c'], { mandatory: ['b'] }));
const { coordinator } = world;

beforeAll(() => world.start());
afterAll(() => world.stop());

/** One study from its keys to its end; each test goes on where the one before stopped. */
describe('a study at three sites', () => {
  it('gets its keys from the steward, and every site confirms the same keys and the same initial state', async () => {
    await world.makeKeys();
    const said = [...coordinator.confirmed.values()];
    expect(said).toHaveLength(3);
    expect(new Set(said.map(({ have }) => have.toString('hex'))).size).toBe(1);
    expect(new Set(said.map(({ state }) => state?.stateHmac.toString('hex'))).size).toBe(1);
    expect(statSync(join(world.folderOf('c'), 'keys', 'epoch-0')).mode & 0o777).toBe(0o600);
  });

  it('keeps its keys when the steward is asked again', async () => {
    const have = coordinator.confirmed.get('a')?.have;
    await world.restart('a');
    await world.perform('a', { $case: 'makeKeys', value: { keyEpoch: 0, rosterEpoch: 0 } });
    expect(coordinator.confirmed.get('a')?.have).toEqual(have);
  });

  it('refuses a box that somebody other than the steward signed', async () => {
    const { boxes } = coordinator;
    const takeKeys = { $case: 'takeKeys', value: { keyEpoch: 1, steward: 'a', rosterEpoch: 0 } } as const;
    const [box] = boxes.filter(({ to }) => to === 'b');
    const kept = boxes.splice(0);
    boxes.push({ ...(box as SealedBox), signature: Buffer.alloc(64, 1) });
    await expect(world.perform('b', takeKeys)).rejects.toMatchObject({ code: 'BOX_REFUSED' });
    boxes.splice(0, 1, ...kept);
    // Made for epoch 0: another epoch is another context.
    await expect(world.perform('b', takeKeys)).rejects.toMatchObject({ code: 'BOX_REFUSED' });
    expect(existsSync(join(world.folderOf('b'), 'keys', 'epoch-1'))).toBe(false);
  });

  it('has seats at every site before its first round', async () => {
    await world.openBlock(0, 8);
    await expect(world.perform('a', world.contributeTask(world.attempt(1, 0, { block: 1 })))).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_REFUSED',
    });
    await expect(world.perform('a', world.contributeTask(world.attempt(1, 0, { seat: 8 })))).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_REFUSED',
    });
  });

  it('starts no round that the study does not have, without itself, with too few, or under keys it does not hold', async () => {
    const first = world.attempt(1, 0);
    const kind = RoundKind.ROUND_KIND_EVALUATE;
    await expect(world.perform('a', world.contributeTask(first, { kind }))).rejects.toMatchObject({ code: 'ANNOUNCEMENT_REFUSED' });
    await expect(world.perform('a', world.contributeTask(first, { participants: ['b', 'c'] }))).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_REFUSED',
    });
    await expect(world.perform('a', world.contributeTask(first, { participants: ['a', 'b'] }))).rejects.toThrow(/never goes below 3/);
    await expect(world.perform('a', world.contributeTask(first, { keyEpoch: 4 }))).rejects.toMatchObject({
      refusal: { code: 'KEY_EPOCH', fields: { have: '0', need: '4' } },
    });
  });

  it('starts only when t valid signatures hold its own state', async () => {
    const [first, second, third] = world.states(0) as [SignedState, SignedState, SignedState];
    for (const state of [
      [first, second],
      [first, first, second],
      [first, second, { ...third, signature: first.signature }],
    ])
      await expect(world.perform('a', world.contributeTask(world.attempt(1, 0), { state }))).rejects.toMatchObject({ code: 'OUT_OF_STEP' });
    expect(coordinator.streams).toBe(0);
  });

  it('seals once: a restart and a second request send the same bytes, or nothing', async () => {
    const attempt = world.attempt(1, 0);
    await world.perform('a', world.contributeTask(attempt));
    const { sha256 } = world.uploadOf('a', attempt);
    const { streams } = coordinator;
    await world.restart('a');
    await world.perform('a', world.contributeTask(attempt));
    expect(coordinator.streams).toBe(streams);
    expect(world.uploadOf('a', attempt).sha256).toBe(sha256);
    const sent = readFileSync(coordinator.path(sha256));
    coordinator.uploads.clear();
    coordinator.cutting = true;
    await expect(world.perform('a', world.contributeTask(attempt))).rejects.toBeInstanceOf(Error);
    coordinator.cutting = false;
    await world.restart('a');
    await world.perform('a', world.contributeTask(attempt));
    expect(readFileSync(coordinator.path(world.uploadOf('a', attempt).sha256))).toEqual(sent);
  });

  it('contributes the same integers in another attempt of the round', async () => {
    await world.perform('a', world.contributeTask(world.attempt(1, 1)));
    const packed = (attempt: number) => readFileSync(join(world.at('a').root, 'state', 'shadow', world.hash, `1-${attempt}.json`), 'utf8');
    expect(packed(1)).toBe(packed(0));
    expect(world.uploadOf('a', { round: 1, attempt: 1 }).sha256).not.toBe(world.uploadOf('a', { round: 1, attempt: 0 }).sha256);
  });

  it('takes it quietly when the round was closed before its upload', async () => {
    coordinator.tooLate = true;
    await world.perform('b', world.contributeTask(world.attempt(1, 0)));
    coordinator.tooLate = false;
    const { streams } = coordinator;
    await world.perform('b', world.contributeTask(world.attempt(1, 0)));
    expect(coordinator.streams).toBe(streams);
  });

  it('signs no list that is not signed by its contributors, lacks a mandatory site, or differs from its own upload', async () => {
    const attempt = world.attempt(1, 1);
    await Promise.all(['b', 'c'].map((name) => world.perform(name, world.contributeTask(attempt))));
    const { value: list } = world.signListTask(attempt);
    type Entry = SignList['contributors'][0];
    const [a, b, c] = list.contributors as [Entry, Entry, Entry];
    const withList = (contributors: Entry[]) => ({ $case: 'signList', value: { ...list, contributors } }) as const;
    await expect(world.perform('c', withList([a, b, { ...c, signature: b.signature }]))).rejects.toThrow(/signature of c/);
    await expect(world.perform('c', withList([a, { ...b, uploadSha256: a.uploadSha256 }, c]))).rejects.toThrow(/signature of b/);
    await expect(world.perform('c', withList([a, c]))).rejects.toThrow(/2 contributors/);
    await expect(world.perform('c', withList([a, b, b]))).rejects.toThrow(/names a site twice/);
    await expect(world.perform('c', { $case: 'signList', value: { ...list, participants: ['b', 'c'] } })).rejects.toThrow(
      /a was not asked/,
    );
    const { database } = world.at('c').state;
    database.prepare("UPDATE study_upload SET sha256 = '0' WHERE round = 1 AND attempt = 1").run();
    await expect(world.perform('c', { $case: 'signList', value: list })).rejects.toThrow(
      /a contribution of this site that it did not make/,
    );
    database.prepare('UPDATE study_upload SET sha256 = ? WHERE round = 1 AND attempt = 1').run(c.uploadSha256.toString('hex'));
    expect(coordinator.said.has('signList c')).toBe(false);
  });

  it('opens no sum that is not the one whose digest t sites signed', async () => {
    const attempt = world.attempt(1, 1);
    const fold = await world.close(attempt);
    const task = world.applyTask(attempt, fold);
    const few = { ...task.value, foldSignatures: task.value.foldSignatures.slice(1) };
    await expect(world.perform('c', { ...task, value: few })).rejects.toThrow(/2 of the 3 sites needed have signed the digest/);
    const other = { ...task.value, foldSha256: createHash('sha256').update('another').digest() };
    await expect(world.perform('c', { ...task, value: other })).rejects.toThrow(/0 of the 3 sites/);
    expect(coordinator.received).toHaveLength(0);
    coordinator.fold = Buffer.from(coordinator.fold);
    coordinator.fold[5_000] = (coordinator.fold[5_000] ?? 0) ^ 1;
    await expect(world.perform('c', task)).rejects.toMatchObject({ code: 'DOWNLOAD_ALTERED' });
    expect(coordinator.agreed.size).toBe(0);
  });

  it('answers an altered sum whose digest was signed with SUM_CHECK, keeps its state, and burns the seat', async () => {
    const attempt = world.attempt(1, 2);
    await world.makeKeys(1);
    await world.openBlock(1, 4, { keyEpoch: 1 });
    const altered = { ...attempt, keyEpoch: 1, block: 1, seat: 0 };
    await world.everywhere(() => world.contributeTask(altered));
    const list = world.signListTask(altered);
    await world.everywhere(() => list);
    const release = world.unmaskTask(altered);
    await world.everywhere(() => release);
    await world.fold(altered);
    // A high byte of a coefficient: a low one would drown in the noise that decryption takes away.
    coordinator.fold[5_006] = (coordinator.fold[5_006] ?? 0) ^ 1;
    const fold = { foldBytes: BigInt(coordinator.fold.length), foldSha256: createHash('sha256').update(coordinator.fold).digest() };
    await world.everywhere(() => world.signFoldTask(altered, fold));
    await world.perform('c', world.applyTask(altered, fold));
    expect(coordinator.agreed.get('c')?.stateHmac).toHaveLength(0);
    expect(world.digestOf('c', 1)).toBeUndefined();
    const seats = world.at('c').state.database.prepare('SELECT seat FROM study_seat WHERE block = 1 ORDER BY seat').all();
    expect(seats.map(({ seat }) => seat)).toEqual([1, 2, 3]);
    coordinator.agreed.clear();
  });

  it('reaches the same state everywhere from an exact sum, under new keys and the same contributors', async () => {
    await world.makeKeys(2);
    await world.openBlock(2, 8, { keyEpoch: 2 });
    await world.round(world.attempt(1, 3, { keyEpoch: 2, block: 2, seat: 0 }));
    expect(new Set(world.names.map((name) => world.digestOf(name, 1))).size).toBe(1);
    expect(new Set([...coordinator.agreed.values()].map(({ stateHmac }) => stateHmac.toString('hex'))).size).toBe(1);
    const shadow = (name: string, file: string) =>
      (JSON.parse(readFileSync(join(world.at(name).root, 'state', 'shadow', world.hash, file), 'utf8')) as { lanes: number[] }).lanes;
    const packed = world.names.map((name) => shadow(name, '1-3.json'));
    const sum = packed[0]?.map((_, lane) => packed.reduce((total, lanes) => total + (lanes[lane] ?? 0), 0));
    for (const name of world.names) expect(shadow(name, '1-3.sum.json')).toEqual(sum);
  });

  it('signs the same totals, all of them together', () => {
    expect(coordinator.totals.size).toBe(3);
    expect(new Set(coordinator.totals.values()).size).toBe(1);
    const totals = JSON.parse(coordinator.totals.get('a') ?? '') as Record<string, string>;
    expect(totals).toMatchObject({ contributors: '3', trainPatients: '120', testPatients: '60' });
  });

  it('gives the same answer when it is asked again about a round that it has applied', async () => {
    const attempt = world.attempt(1, 3, { keyEpoch: 2, block: 2, seat: 0 });
    const before = coordinator.agreed.get('b');
    coordinator.agreed.delete('b');
    await world.restart('b');
    const fold = { foldBytes: BigInt(coordinator.fold.length), foldSha256: createHash('sha256').update(coordinator.fold).digest() };
    await world.perform('b', world.applyTask(attempt, fold));
    expect(coordinator.agreed.get('b')).toEqual(before);
  });

  it('deletes what a finished round no longer needs, but for its integers, which a repeated round would send again', () => {
    expect(readdirSync(world.folderOf('a')).filter((file) => /\.(lanes|upload|fold)/.test(file))).toEqual(['round-1.lanes']);
  });

  it('refuses to go on with data that changed, and goes on when they are put back', async () => {
    const path = join(world.at('c').root, 'heart.csv');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, `${before}\n40,1,0,train`);
    await world.restart('c');
    const next = world.contributeTask(world.attempt(2, 0, { keyEpoch: 2, block: 2, seat: 1 }));
    await expect(world.perform('c', next)).rejects.toMatchObject({ refusal: { code: 'DATA_CHANGED' } });
    writeFileSync(path, before);
    await world.perform('c', next);
  });

  it('does not apply a round that does not follow its own', async () => {
    const last = world.attempt(1, 3, { keyEpoch: 2, block: 2, seat: 0 });
    const fold = { foldBytes: 0n, foldSha256: Buffer.alloc(32) };
    const task: { $case: 'apply'; value: Apply } = world.applyTask(last, fold);
    const list = { ...(task.value.list as SignList), round: 3, kind: RoundKind.ROUND_KIND_EVALUATE };
    await expect(world.perform('a', { ...task, value: { ...task.value, list } })).rejects.toMatchObject({ code: 'OUT_OF_STEP' });
  });

  it('ends with a round that only evaluates and leaves the state as it is', async () => {
    for (const round of [2, 3]) await world.round(world.attempt(round, 0, { keyEpoch: 2, block: 2, seat: round - 1 }));
    expect(world.digestOf('a', 3)).toBe(world.digestOf('a', 2));
    expect(world.digestOf('a', 2)).not.toBe(world.digestOf('a', 1));
    const results = JSON.parse(readFileSync(join(world.folderOf('a'), 'results.json'), 'utf8')) as Record<string, number>[];
    expect(results.map(({ round }) => round)).toEqual([0, 1, 2]);
    expect(results[2]).toMatchObject({ trainPatients: 40, testPatients: 20 });
    expect(results[2]?.['accuracy']).toBeGreaterThan(0.5);
  });

  it('votes as the approval allowed in advance, over one and the same bundle', async () => {
    await world.everywhere(() => ({ $case: 'vote', value: { round: 3 } }));
    const votes = [...coordinator.votes.values()] as { readonly vote: string; readonly bundleHmac: string }[];
    expect(votes.map(({ vote }) => vote)).toEqual(['yes', 'yes', 'yes']);
    expect(new Set(votes.map(({ bundleHmac }) => bundleHmac)).size).toBe(1);
  });

  it('hands over the bundle that it signed', async () => {
    await world.perform('b', { $case: 'uploadBundle', value: { round: 3, send: true } });
    const { sha256 } = coordinator.votes.get('b') as { readonly sha256: string };
    expect(readFileSync(coordinator.path(sha256))).toEqual(readFileSync(join(world.folderOf('c'), 'bundle.json')));
  });

  it('deletes the keys at its end and keeps model and results', async () => {
    await world.perform('a', { $case: 'end', value: { outcome: 'done', aborted: undefined } });
    expect(readdirSync(world.folderOf('a')).sort()).toEqual(['bundle.json', 'results.json', 'state-3']);
    await world.perform('a', { $case: 'end', value: { outcome: 'done', aborted: undefined } });
  });
});
