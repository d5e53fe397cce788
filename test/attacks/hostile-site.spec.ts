import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { signStatement } from '@consilium/identity';
import type { ConsiliumError, StudyHash } from '@consilium/protocol';
import type { Contribute } from '@consilium/protocol/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkSums, watchStudy } from '../../demo/src/index.js';
import { FILE_HEADER_BYTES } from '../../libs/sealed-sum/src/blocks/block-file.js';
import { contribute } from '../../site-agent/src/rounds/contribute.js';
import type { StudyAtSite } from '../../site-agent/src/rounds/study-at-site.js';
import { stateLayout } from '../../site-agent/src/state/index.js';
import { parametersOf, randomCiphertext, uploadOf, type Lies } from '../support/sealed-bytes.js';
import { SiteInHand } from '../support/site-in-hand.js';
import { proposeQuickly } from '../support/site-command.js';
import { eventually, SITES, smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

interface RoundRow {
  readonly round: number;
  readonly attempt: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly contributors: readonly string[];
}

/** Site d is a member with keys, certificate and approval like any other, and sends what it likes. */
describe('a hostile site', () => {
  const HONEST = ['a', 'b', 'c'] as const;
  let small: SmallConsortium;
  let d: SiteInHand;
  let processes: readonly (number | undefined)[];

  const pids = () =>
    [small.consortium.coordinator, ...HONEST.map((site) => small.consortium.agents.get(site))].map((one) =>
      one?.running ? one.pid : undefined,
    );
  const launch = async (yaml: string): Promise<StudyHash> => {
    const hash = (await proposeQuickly(small.consortium, yaml, SITES)) as StudyHash;
    await small.consortium.api('POST', `/studies/${hash}/launch`);
    return hash;
  };
  const finish = (hash: string) =>
    watchStudy(small.consortium, hash, { timeoutMs: 60_000, show: () => undefined, signal: AbortSignal.timeout(60_000) });
  const roundsOf = async (hash: string) => ((await small.consortium.api('GET', `/studies/${hash}/rounds`)) as { items: RoundRow[] }).items;
  const view = async (hash: string) =>
    (await small.consortium.api('GET', `/studies/${hash}`)) as { state: string; stateReason: string; metrics: unknown[] };

  beforeAll(async () => {
    small = await smallConsortium({ agents: false });
    for (const site of HONEST) small.consortium.startAgent(site);
    d = await SiteInHand.take(small.consortium, 'd');
    await d.connected();
    processes = pids();
  });
  afterAll(async () => {
    await d.release();
    await small.remove();
  });
  afterEach(() => {
    d.misdeeds = {};
    expect(processes).not.toContain(undefined);
    expect(pids()).toEqual(processes);
  });

  it('cannot get bytes counted that are not what it announced, signed, and agreed on; and then takes part like any other', async () => {
    const answers = new Map<string, string | undefined>();
    d.misdeeds.contribute = async (at, task, signal) => {
      if (answers.size === 0)
        for (const [what, bytes, lies] of lyingUploads(at, task))
          answers.set(what, codeOf(await d.upload(uploadOf(at, task, bytes, lies))));
      await contribute(at, task, signal);
    };
    const hash = await launch(studyYaml({ name: 'pushy', rounds: 1 }));
    await finish(hash);
    expect(Object.fromEntries(answers)).toEqual({
      'a header with another length': 'CIPHERTEXT_REFUSED',
      'fewer bytes than the header says': 'UPLOAD_REFUSED',
      'more bytes than the header says': 'UPLOAD_REFUSED',
      'a commit with another length': 'UPLOAD_REFUSED',
      'other bytes than those of the hash': 'UPLOAD_REFUSED',
      'a commit with another hash': 'UPLOAD_REFUSED',
      'a hash that is none': 'UPLOAD_REFUSED',
      'a header of another key epoch': 'CIPHERTEXT_REFUSED',
      'bytes of another key epoch': 'CIPHERTEXT_REFUSED',
      'a header of other parameters': 'CIPHERTEXT_REFUSED',
      'a word that is not below q': 'CIPHERTEXT_REFUSED',
      'random bytes after the right header': 'CIPHERTEXT_REFUSED',
      'nothing but random bytes': 'CIPHERTEXT_REFUSED',
      "a stranger's signature": 'SIGNATURE_INVALID',
      'no signature': 'SIGNATURE_INVALID',
      'a later round': 'TOO_LATE',
      'another attempt': 'TOO_LATE',
      'an offset that was never reached': 'UPLOAD_REFUSED',
      'no commit': 'UPLOAD_INCOMPLETE',
    });
    expect((await roundsOf(hash)).map(({ outcome, contributors }) => [outcome, contributors])).toEqual([
      ['done', [...SITES]],
      ['done', [...SITES]],
    ]);
    await eventually(async () => ((await spoolFiles(hash)).some((name) => /\.(part|upload)$/.test(name)) ? undefined : true), 5_000);
  });

  it('is answered in a study that does not name it as if it were nobody', async () => {
    const yaml = studyYaml({ name: 'without-d' }).replace('names: [a, b, c, d]', 'names: [a, b, c]');
    const hash = (await proposeQuickly(small.consortium, yaml, [])) as StudyHash;
    const { transfer, relay } = d.site.connection;
    const header = {
      study: hash,
      kind: 1,
      keyEpoch: 0,
      round: 1,
      attempt: 0,
      parameters: '',
      length: 1n,
      sha256: Buffer.alloc(32),
      offset: 0n,
    };
    expect(codeOf(await d.upload([{ body: { $case: 'header', value: header } }]))).toBe('STUDY_NOT_YOURS');
    expect(codeOf(await d.answer(transfer.offset.bind(transfer), { header }))).toBe('STUDY_NOT_YOURS');
    expect(codeOf(await d.answer(relay.take.bind(relay), { study: hash, keyEpoch: 0 }))).toBe('STUDY_NOT_YOURS');
  });

  it('spoils every round with random words: the honest sites find out, no state moves, and the third key epoch is the last', async () => {
    d.misdeeds = { ...nonsense(), apply: async () => undefined };
    const hash = await launch(studyYaml({ name: 'spoilt', rounds: 1 }));
    const ended = await eventually(async () => {
      const now = await view(hash);
      return now.state === 'failed' ? now : undefined;
    });
    expect(ended).toMatchObject({ stateReason: 'The sum did not pass its check in three key epochs.', metrics: [] });
    const rounds = await roundsOf(hash);
    expect(rounds.map(({ round, attempt, outcome }) => [round, attempt, outcome])).toEqual([
      [1, 0, 'failed'],
      [1, 1, 'failed'],
      [1, 2, 'failed'],
    ]);
    for (const { reason, contributors } of rounds) {
      // Two of the three are enough to know that no t will agree; the third may not have been asked any more.
      expect(reason).toMatch(/^The decrypted sum did not pass its check at [abc], [abc](, [abc])?; nothing has changed\.$/);
      expect(contributors).toEqual([...SITES]);
    }
    const said = HONEST.map((site) => saidBy(site, hash));
    expect(said.map(({ states }) => states)).toEqual([[0], [0], [0]]);
    const answers = said.flatMap((site) => site.answers);
    expect(new Set(answers)).toEqual(new Set(['SUM_CHECK']));
    expect(answers.length).toBeGreaterThanOrEqual(6);
  });

  it('spoils one round and then behaves: the round is repeated by the same sites under new keys, and its sums are exact', async () => {
    d.misdeeds = {
      contribute: async (at, task, signal) => {
        if (task.round > 1 || task.attempt > 0) return contribute(at, task, signal);
        expect(await d.upload(uploadOf(at, task, randomCiphertext(parametersOf(at, task), task.keyEpoch)))).toBeUndefined();
      },
    };
    const hash = await launch(studyYaml({ name: 'spoilt-once', rounds: 1 }));
    await finish(hash);
    const rounds = await roundsOf(hash);
    expect(rounds.map(({ round, attempt, outcome, contributors }) => [round, attempt, outcome, contributors])).toEqual([
      [1, 0, 'failed', [...SITES]],
      [1, 1, 'done', [...SITES]],
      [2, 0, 'done', [...SITES]],
    ]);
    const shadows = new Map(SITES.map((site) => [site, join(small.consortium.siteState(site), 'shadow', hash)]));
    expect(await checkSums(shadows)).toEqual({ compared: 8, wrong: [] });
  });

  it('leaves nothing behind that would keep its own agent from taking over', async () => {
    await d.release();
    small.consortium.startAgent('d');
    const hash = await launch(studyYaml({ name: 'after-all', rounds: 1 }));
    await finish(hash);
    expect((await roundsOf(hash)).map(({ contributors }) => contributors)).toEqual([[...SITES], [...SITES]]);
  });

  /** Bytes of the right form that mean nothing, in every round. */
  const nonsense = () => ({
    contribute: async (...[at, task]: Parameters<NonNullable<SiteInHand['misdeeds']['contribute']>>) => {
      expect(await d.upload(uploadOf(at, task, randomCiphertext(parametersOf(at, task), task.keyEpoch)))).toBeUndefined();
    },
  });

  const spoolFiles = (hash: string) => readdir(join(small.consortium.coordinatorState, 'spool', hash), { recursive: true });

  /** The rounds whose states a site holds, and what it answered about the sums that it opened. */
  function saidBy(site: string, hash: StudyHash): { readonly states: readonly unknown[]; readonly answers: readonly unknown[] } {
    const layout = stateLayout(small.consortium.siteState(site));
    const database = new DatabaseSync(layout.database, { readOnly: true, timeout: 5_000 });
    try {
      const column = (sql: string) =>
        database
          .prepare(sql)
          .all(hash)
          .map((row) => Object.values(row)[0]);
      return {
        states: column('SELECT round FROM study_state WHERE study = ? ORDER BY round'),
        answers: column('SELECT state_hmac FROM study_agreement WHERE study = ? ORDER BY round, attempt'),
      };
    } finally {
      database.close();
    }
  }
});

/** Everything that an upload can be wrong in, each with the bytes that it is about. */
function lyingUploads(at: StudyAtSite, task: Contribute): readonly (readonly [what: string, bytes: Buffer, lies?: Lies])[] {
  const { keyEpoch, round, attempt } = task;
  const parameters = parametersOf(at, task);
  const good = randomCiphertext(parameters, keyEpoch);
  const tooLarge = Buffer.from(good).fill(0xff, FILE_HEADER_BYTES + 80, FILE_HEADER_BYTES + 88);
  const sha256 = createHash('sha256').update(good).digest('hex');
  const place = { consortium: at.consortium, study: at.hash, site: at.name, keyEpoch, round, attempt };
  const { signature } = signStatement('upload', { ...place, bytes: good.length, sha256 }, generateKeyPairSync('ed25519').privateKey);
  return [
    ['a header with another length', good.subarray(0, -8), { header: { length: BigInt(good.length - 8) } }],
    ['fewer bytes than the header says', good, { sent: good.subarray(0, -8) }],
    ['more bytes than the header says', good, { sent: Buffer.concat([good, Buffer.alloc(8)]) }],
    ['a commit with another length', good, { commit: { length: BigInt(good.length - 8) } }],
    ['other bytes than those of the hash', good, { sent: randomCiphertext(parameters, keyEpoch) }],
    ['a commit with another hash', good, { commit: { sha256: randomBytes(32) } }],
    ['a hash that is none', good, { header: { sha256: randomBytes(31) } }],
    ['a header of another key epoch', good, { header: { keyEpoch: keyEpoch + 1 } }],
    ['bytes of another key epoch', randomCiphertext(parameters, keyEpoch + 1)],
    ['a header of other parameters', good, { header: { parameters: 'ab'.repeat(32) } }],
    ['a word that is not below q', tooLarge],
    [
      'random bytes after the right header',
      Buffer.concat([good.subarray(0, FILE_HEADER_BYTES), randomBytes(good.length - FILE_HEADER_BYTES)]),
    ],
    ['nothing but random bytes', randomBytes(good.length)],
    ["a stranger's signature", good, { commit: { signature } }],
    ['no signature', good, { commit: { signature: Buffer.alloc(0) } }],
    ['a later round', good, { header: { round: round + 1 } }],
    ['another attempt', good, { header: { attempt: attempt + 1 } }],
    ['an offset that was never reached', good, { header: { offset: 1_000n } }],
    ['no commit', good, { uncommitted: true }],
  ];
}

const codeOf = (error: ConsiliumError | undefined): string | undefined => error?.code;
