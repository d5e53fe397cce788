import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SignListRequest, UnmaskRequest } from '@consilium/protocol/wire';
import { combineShares, commitment, publicRoundKey } from '@consilium/sealed-sum';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShares } from '../../site-agent/src/rounds/unmask-message.js';
import { AttackedStudy } from '../support/attacked-study.js';

// n = 4, c = 1: t = 3. First d has contributed; then, in the same attempt, it is said to have dropped out.
const study = new AttackedStudy(['a', 'b', 'c', 'd']);
const { coordinator } = study;
const all = study.attempt(1, 0);
const without = { ...all, contributors: ['a', 'b', 'c'] };
const image = (root: string) => join(root, 'image');
/** With the modes of the files, which the agent checks. */
const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);

beforeAll(async () => {
  await study.begin(2);
  study.give(1);
  await study.everywhere(() => study.contributeTask(all));
  await study.restart('a', (root) => copy(join(root, 'state'), image(root)));
});
afterAll(() => study.stop());

/** What the coordinator and site c know of d's secrets from messages released so far. */
async function secretsOfD(messages: readonly UnmaskRequest[]) {
  const c = study.enter('c');
  const place = { keyEpoch: 0, round: 1, attempt: 0, block: 0, seat: 0 };
  const ofB = messages.flatMap(
    ({ message }) =>
      openShares(c, study.keysAt('c'), place, message!.site as typeof c.name, message!.sealed)?.find(({ site }) => site === 'd')?.share ??
      [],
  );
  const ofKey = messages.flatMap(({ dropped }) => dropped.filter(({ site }) => site === 'd').map(({ share }) => share));
  return { b: await combineShares(ofB), roundKey: await combineShares(ofKey) };
}

describe('two lists for one attempt', () => {
  const released: UnmaskRequest[] = [];
  const advert = () => study.adverts(['d'])[0]!;

  it('a site signs the first, and no other one, also after it was started anew', async () => {
    const first = study.signListTask(all);
    const second = study.signListTask(without);
    await study.everywhere(() => first);
    const { signature } = coordinator.word<SignListRequest>('signList', 'b');
    for (const name of study.names) expect(await study.outcome(name, second)).toBe('LIST_REFUSED');
    await study.restart('b');
    expect(await study.outcome('b', second)).toBe('LIST_REFUSED');
    await study.perform('b', first);
    expect(coordinator.word<SignListRequest>('signList', 'b').signature).toEqual(signature);
  });

  it('and it releases for the first alone: one secret of every site', async () => {
    const task = study.unmaskTask(all);
    await study.everywhere(() => task, ['a', 'b', 'c']);
    released.push(...['a', 'b', 'c'].map((name) => coordinator.word<UnmaskRequest>('unmask', name)));
    expect(await study.outcome('b', { ...task, value: { ...task.value, list: study.list(without) } })).toBe('LIST_REFUSED');
    const { b, roundKey } = await secretsOfD(released);
    expect(commitment(b!)).toEqual(advert().commitments[0]);
    expect(roundKey).toBeUndefined();
  });

  it('a site whose disk was set back to before the first list signs none at all', async () => {
    await study.restart('a', (root) => {
      rmSync(join(root, 'state'), { recursive: true });
      copy(image(root), join(root, 'state'));
    });
    expect(await study.outcome('a', study.signListTask(without))).toBe('STATE_RESTORED');
  });

  it('control: sites that remember neither list nor release give both secrets of d away', async () => {
    for (const name of ['b', 'c', 'd'])
      study.at(name).state.database.exec('UPDATE study_attempt SET list_root = NULL; DELETE FROM study_release');
    const second = study.signListTask(without);
    await study.everywhere(() => second, ['b', 'c', 'd']);
    const task = study.unmaskTask(without, ['b', 'c', 'd']);
    await study.everywhere(() => task, ['b', 'c', 'd']);
    released.push(...['b', 'c', 'd'].map((name) => coordinator.word<UnmaskRequest>('unmask', name)));
    const { b, roundKey } = await secretsOfD(released);
    expect(commitment(b!)).toEqual(advert().commitments[0]);
    expect(publicRoundKey(roundKey!)).toEqual(advert().roundKeys[0]);
  });
});
