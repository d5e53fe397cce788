import { copyFileSync } from 'node:fs';
import type { Statement, StatementKind } from '@consilium/protocol';
import type { SealedBox } from '@consilium/protocol/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkContributors } from '../../site-agent/src/rounds/contributor-list.js';
import { openBundle } from '../../site-agent/src/rounds/seats/share-boxes.js';
import type { SignStatement } from '../../site-agent/src/rounds/study-at-site.js';
import { verifierOf } from '../../site-agent/src/rounds/study-members.js';
import { AttackedStudy } from '../support/attacked-study.js';

// n = 3: t = 3. Round 1 is done in attempt 0 and, with the same seats of everybody, asked for again in attempt 1.
const study = new AttackedStudy(['a', 'b', 'c']);
const { coordinator } = study;
const a = 'a' as (typeof study.names)[number];
const first = study.attempt(1, 0);
const second = study.attempt(1, 1);
/** The last statement of each kind that a signed, with its signature. */
const signed = new Map<StatementKind, { readonly statement: Readonly<Record<string, unknown>>; readonly signature: Buffer }>();

beforeAll(async () => {
  await study.start();
  const { site } = study.at('a');
  const sign: SignStatement = (kind, statement) => {
    const made = site.sign(kind, statement);
    signed.set(kind, { statement, signature: made.signature });
    return made;
  };
  study.at('a').site = { ...site, sign };
  // A box of a's, which is no steward otherwise; then the seats.
  await study.makeKeys();
  await study.openBlock(0, 4);
  study.give(1);
  await study.everywhere(() => study.contributeTask(first));
  await study.everywhere(() => study.signListTask(first));
});
afterAll(() => study.stop());

describe('what was signed for one attempt, sent again in another', () => {
  it('is no contribution', async () => {
    const { value } = study.signListTask(first);
    await study.everywhere(() => study.contributeTask(second));
    const replayed = study
      .signListTask(second)
      .value.contributors.map((entry) => (entry.site === 'b' ? value.contributors.find(({ site }) => site === 'b')! : entry));
    const task = { $case: 'signList' as const, value: { ...study.list(second), contributors: replayed } };
    for (const name of study.names) expect(await study.outcome(name, task)).toBe('LIST_REFUSED');
    // Control: it is valid where it belongs.
    expect(await study.outcome('a', { $case: 'signList', value })).toBe('done');
  });

  it('is no signature over a list', async () => {
    const { value } = study.unmaskTask(first);
    await study.everywhere(() => study.signListTask(second));
    const replayed = { ...study.unmaskTask(second).value, signatures: value.signatures };
    expect(await study.outcome('a', { $case: 'unmask', value: replayed })).toBe('LIST_REFUSED');
    for (const name of study.names) expect(await study.outcome(name, { $case: 'unmask', value })).toBe('done');
  });

  it('are no shares and no signature over a sum; and bytes of another attempt do not add up', async () => {
    const fold = await study.fold(first);
    await study.everywhere(() => study.signFoldTask(first, fold));
    const task = study.applyTask(first, fold);
    const released = new Map(study.names.map((name) => [name, coordinator.word('unmask', name)]));
    const other = await study.fold(second);
    const asked = study.applyTask(second, other);
    expect(await study.outcome('a', asked)).toBe('FOLD_REFUSED');
    await study.everywhere(() => study.signFoldTask(second, other));
    const resigned = study.applyTask(second, other);
    for (const [name, message] of released) expect(coordinator.word('unmask', name)).toBe(message);
    expect(await study.outcome('a', resigned)).toBe('UNMASK_REFUSED');
    // Control: all of it opens the sum that it was made for.
    const again = await study.fold(first);
    expect(again.foldSha256).toEqual(fold.foldSha256);
    for (const name of study.names) expect(await study.outcome(name, task)).toBe('done');
    expect(new Set(study.names.map((name) => study.digestOf(name, 1))).size).toBe(1);
  });

  it('is no state of another round', async () => {
    study.give(2);
    const next = study.attempt(2, 0, { seat: 2 });
    expect(await study.outcome('a', study.contributeTask(next, { state: study.states(0) }))).toBe('OUT_OF_STEP');
    const renumbered = study.states(0).map((state) => ({ ...state, round: 1 }));
    expect(await study.outcome('a', study.contributeTask(next, { state: renumbered }))).toBe('OUT_OF_STEP');
    expect(await study.outcome('a', study.contributeTask(next))).toBe('done');
  });

  it('is no sum: a contribution of the round before, put into the fold in place of the true one, does not check', async () => {
    const next = study.attempt(2, 0, { seat: 2 });
    await study.everywhere(() => study.contributeTask(next));
    await study.everywhere(() => study.signListTask(next));
    const release = study.unmaskTask(next);
    await study.everywhere(() => release);
    copyFileSync(coordinator.path(study.uploadOf('b', first).sha256), coordinator.path(study.uploadOf('b', next).sha256));
    const fold = await study.fold(next);
    await study.everywhere(() => study.signFoldTask(next, fold));
    await study.everywhere(() => study.applyTask(next, fold));
    expect([...coordinator.agreed.values()].map(({ round, stateHmac }) => [round, stateHmac.length])).toEqual(
      study.names.map(() => [2, 0]),
    );
    expect(study.digestOf('a', 2)).toBeUndefined();
  });
});

describe('shares of one block of seats, sent again in another', () => {
  it('are refused, and are good in their own', async () => {
    const sent = coordinator.shareBoxes.get(0)!;
    await study.everywhere(() => study.advertiseTask(1, 4));
    const shared = study.shareTask(1);
    await study.everywhere(() => shared);
    const task = study.holdTask(1);
    const fresh = coordinator.shareBoxes.get(1)!;
    coordinator.shareBoxes.set(1, [...fresh.filter(({ from }) => from !== 'a'), ...sent.filter(({ from }) => from === 'a')]);
    expect(await study.outcome('b', task)).toBe('SHARE_INVALID');
    coordinator.shareBoxes.set(1, fresh);
    expect(await study.outcome('b', task)).toBe('done');
  });
});

/** Every field of the context that a statement stands in, and another value of it. */
const ELSEWHERE = {
  consortium: fc.constant('other.example'),
  study: fc.constant('0'.repeat(64)),
  keyEpoch: fc.integer({ min: 1, max: 9 }),
  round: fc.integer({ min: 2, max: 9 }),
  attempt: fc.integer({ min: 2, max: 9 }),
  block: fc.integer({ min: 2, max: 9 }),
  site: fc.constantFrom('b', 'c'),
  from: fc.constantFrom('b', 'c'),
  to: fc.constant('a'),
};
type Field = keyof typeof ELSEWHERE;

describe('a signature', () => {
  const KINDS: readonly StatementKind[] = ['box', 'advert', 'shares', 'shareBox', 'upload', 'list', 'unmask', 'fold', 'state'];
  const changes = fc
    .tuple(fc.constantFrom(...KINDS), fc.constantFrom(...(Object.keys(ELSEWHERE) as Field[])))
    .chain(([kind, field]) =>
      fc.record({ kind: fc.constant(kind), field: fc.constant(field), value: ELSEWHERE[field] as fc.Arbitrary<unknown> }),
    );

  it('stands for nothing where a single field of its context differs, whatever the kind and the field', () => {
    const verify = verifierOf(study.members('b'));
    const seen = new Set<string>();
    fc.assert(
      fc.property(changes, ({ kind, field, value }) => {
        const { statement, signature } = signed.get(kind)!;
        const check = (said: object) => verify(kind, a, said as Statement<typeof kind>, signature);
        expect(check(statement)).toBe(true);
        fc.pre(field in statement && statement[field] !== value);
        seen.add(`${kind} ${field}`);
        expect(check({ ...statement, [field]: value })).toBe(false);
        // Nor is it another site's, or another kind of statement.
        expect(verify(kind, study.names[1]!, statement as Statement<typeof kind>, signature)).toBe(false);
      }),
      { numRuns: 400 },
    );
    const fields = ['consortium', 'study', 'keyEpoch', 'round', 'attempt'];
    for (const kind of ['upload', 'list', 'unmask', 'fold', 'state'])
      for (const field of fields) expect(seen).toContain(`${kind} ${field}`);
    for (const kind of ['advert', 'shares', 'shareBox']) expect(seen).toContain(`${kind} block`);
  });

  it('over a contribution counts in the list of its own study, epoch, round and attempt alone', () => {
    const { value } = study.signListTask(first);
    const at = study.enter('b');
    const rules = {
      consortium: at.consortium,
      study: study.hash,
      keyEpoch: 0,
      round: 1,
      attempt: 0,
      participants: [...study.names],
      minSites: 3,
      mandatory: [],
      uploadBytes: study.study.derived.sums.train.uploadBytes,
      self: at.name,
      ownUpload: study.uploadOf('b', first).sha256,
    };
    const verify = verifierOf(study.members('b'));
    expect(checkContributors(value.contributors, rules, verify)).toEqual([...study.names]);
    for (const elsewhere of [
      { consortium: 'x' },
      { study: '0'.repeat(64) as typeof study.hash },
      { keyEpoch: 1 },
      { round: 2 },
      { attempt: 1 },
    ])
      expect(() => checkContributors(value.contributors, { ...rules, ...elsewhere }, verify)).toThrow(
        /signature of a over its contribution/,
      );
  });

  it('and a seal of a box open in their own study, epoch, block and direction alone', async () => {
    const at = study.enter('b');
    const verify = verifierOf(study.members('b'));
    const box = coordinator.shareBoxes.get(0)!.find(({ from, to }) => from === 'a' && to === 'b') as SealedBox;
    const name = { study: study.hash, keyEpoch: 0, block: 0 };
    const open = (change: object, block: object) => openBundle({ ...at, ...change }, { ...name, ...block }, a, box, verify);
    // Even if the signature were not looked at, the seal would not open.
    const openUnsigned = (change: object, block: object) => openBundle({ ...at, ...change }, { ...name, ...block }, a, box, () => true);
    await expect(open({}, {})).resolves.toBeInstanceOf(Buffer);
    for (const [change, block] of [
      [{ consortium: 'x' }, {}],
      [{ hash: '0'.repeat(64) }, {}],
      [{ name: 'c' }, {}],
      [{}, { keyEpoch: 1 }],
      [{}, { block: 1 }],
    ] as const) {
      await expect(open(change, block)).rejects.toMatchObject({ refusal: { code: 'SHARE_INVALID' } });
      await expect(openUnsigned(change, block)).rejects.toMatchObject({ refusal: { code: 'SHARE_INVALID' } });
    }
  });
});
