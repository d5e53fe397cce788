import { nextRoster } from '@consilium/identity';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SiteName } from '@consilium/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkPrivate,
  createState,
  findVote,
  isAgentRunning,
  makePrivateFile,
  markApprovalSent,
  openState,
  readIncident,
  forgetCountersignatures,
  keepRosters,
  markCountersignatureSent,
  newestRoster,
  readMembership,
  rosterInForce,
  rosterOfEpoch,
  saveCertificate,
  saveCountersignature,
  unsentCountersignature,
  recordIncident,
  saveApproval,
  saveMembership,
  saveVote,
  stateLayout,
  storeStudy,
  studyByPrefix,
  unsentApprovals,
  writePrivateFile,
} from './index.js';

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

let root: string;
let directory: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'state-'));
  directory = join(root, 'state');
});
afterEach(() => {
  process.umask(0o022);
  rmSync(root, { recursive: true, force: true });
});

describe('the state directory', () => {
  it.each([0o000, 0o022, 0o077])('has no mode wider than its owner under umask %o', (mask) => {
    process.umask(mask);
    createState(directory);
    writePrivateFile(join(directory, 'keys', 'x'), 'secret');
    const state = openState(directory);
    recordIncident(state, { code: 'INTERNAL', detail: 'a file' });
    for (const path of [directory, stateLayout(directory).keys, stateLayout(directory).studies]) expect(mode(path)).toBe('700');
    for (const file of ['site.sqlite', 'site.sqlite-wal', 'egress.jsonl', 'keys/x']) expect(mode(join(directory, file))).toBe('600');
    state.close();
  });

  it('is made only once: what it holds stays', () => {
    createState(directory);
    const state = openState(directory);
    const id = recordIncident(state, { code: 'DATA_UNREADABLE', detail: 'heart.csv' });
    state.close();
    createState(directory);
    const again = openState(directory);
    expect(readIncident(again, id.toLowerCase())).toMatchObject({ id, code: 'DATA_UNREADABLE', detail: 'heart.csv' });
    expect(id).toMatch(/^[0-9A-F]{4,6}$/);
    again.close();
  });

  it('is missing, one sentence and exit 2, before init', () => {
    expect(thrown(() => openState(directory))).toMatchObject({ code: 'STATE_MISSING', exitCode: 2 });
  });

  it('writes durably: WAL and synchronous FULL', () => {
    createState(directory);
    const state = openState(directory);
    expect(state.database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(state.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    state.close();
  });

  it('takes all writes of a failed transaction back', () => {
    createState(directory);
    const state = openState(directory);
    expect(() =>
      state.transaction(() => {
        recordIncident(state, { code: 'INTERNAL', detail: '' });
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(state.database.prepare('SELECT count(*) AS n FROM incident').get()).toEqual({ n: 0 });
    state.close();
  });

  it('waits for the disk with every transaction, also where it holds a note, and with no note alone', () => {
    createState(directory);
    const state = openState(directory);
    const synchronous = () => Number(state.database.prepare('PRAGMA synchronous').get()?.['synchronous']);
    const [normal, full] = [1, 2];
    expect(state.note(synchronous)).toBe(normal);
    expect(synchronous()).toBe(full);
    expect(state.transaction(() => state.note(synchronous))).toBe(full);
    expect(() =>
      state.note(() => {
        recordIncident(state, { code: 'INTERNAL', detail: '' });
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(state.database.prepare('SELECT count(*) AS n FROM incident').get()).toEqual({ n: 0 });
    expect(state.transaction(synchronous)).toBe(full);
    state.close();
  });

  it('refuses one that a newer version wrote', () => {
    createState(directory);
    const database = new DatabaseSync(stateLayout(directory).database);
    database.exec("INSERT INTO migration VALUES ('9999-later', '')");
    database.close();
    expect(thrown(() => openState(directory))).toMatchObject({ code: 'STATE_TOO_NEW' });
  });
});

describe('the lock of a running agent', () => {
  it('keeps a second agent out, in this process and in another, and lets commands in', () => {
    createState(directory);
    const agent = openState(directory, { exclusive: true });
    expect(thrown(() => openState(directory, { exclusive: true }))).toMatchObject({ code: 'STATE_IN_USE' });
    const script = `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(process.argv[1], { timeout: 0 });
      try { d.exec('BEGIN EXCLUSIVE'); console.log('taken'); } catch { console.log('held'); }`;
    const other = () => execFileSync(process.execPath, ['-e', script, stateLayout(directory).lock], { encoding: 'utf8' }).trim();
    expect(other()).toBe('held');
    expect(isAgentRunning(stateLayout(directory).lock)).toBe(true);
    const command = openState(directory);
    recordIncident(command, { code: 'INTERNAL', detail: 'beside a running agent' });
    command.close();
    agent.close();
    expect(other()).toBe('taken');
    expect(isAgentRunning(stateLayout(directory).lock)).toBe(false);
    openState(directory, { exclusive: true }).close();
  });
});

describe('a private file that others can read (OPS-2)', () => {
  const strict = { allowGroupRead: false };
  const orchestrated = { allowGroupRead: true };

  it.each([0o644, 0o640, 0o666])('with mode %o is refused with path, mode found, mode needed and the repair', (bits) => {
    const path = join(root, 'key');
    writeFileSync(path, 'secret');
    chmodSync(path, bits);
    expect(thrown(() => checkPrivate(path, 'file', strict))).toMatchObject({
      code: 'FILE_MODE',
      exitCode: 2,
      message: `${path} has mode 0${bits.toString(8)}; 0600 is needed.`,
      fix: `Run: chmod 0600 '${path}'`,
    });
  });

  it('is admitted at 0640 and nothing wider by the explicit option', () => {
    const path = join(root, 'key');
    makePrivateFile(path);
    for (const [bits, admitted] of [
      [0o600, true],
      [0o640, true],
      [0o660, false],
      [0o644, false],
      [0o604, false],
    ] as const) {
      chmodSync(path, bits);
      expect(thrown(() => checkPrivate(path, 'file', orchestrated)) === undefined, bits.toString(8)).toBe(admitted);
    }
  });

  it('is refused when it belongs to another user', () => {
    const path = join(root, 'key');
    makePrivateFile(path);
    expect(thrown(() => checkPrivate(path, 'file', strict, 12345))).toMatchObject({ code: 'FILE_MODE', fix: `Run: chown 12345 '${path}'` });
  });

  it('is refused as a symbolic link', () => {
    makePrivateFile(join(root, 'key'));
    symlinkSync(join(root, 'key'), join(root, 'link'));
    expect(thrown(() => checkPrivate(join(root, 'link'), 'file', strict))).toMatchObject({ code: 'FILE_MODE' });
  });

  it.each(['.', 'keys', 'site.sqlite'])('stops the agent: %s opened to all', (name) => {
    createState(directory);
    chmodSync(join(directory, name), 0o777);
    expect(thrown(() => openState(directory))).toMatchObject({ code: 'FILE_MODE' });
  });

  it('can be read from a read-only place: no check writes', () => {
    const path = join(root, 'key');
    writePrivateFile(path, 'secret');
    chmodSync(path, 0o400);
    checkPrivate(path, 'file', strict);
    expect(readFileSync(path, 'utf8')).toBe('secret');
  });
});

describe('membership', () => {
  const membership = {
    consortium: 'heart.example',
    site: SiteName.parse('a'),
    coordinator: 'coord.heart.example:443',
    caPem: 'ca',
    certificatePem: 'leaf',
    joinedAt: '2026-01-01T00:00:00.000Z',
  };

  it('comes back as it was stored, and with a renewed certificate', () => {
    createState(directory);
    const state = openState(directory);
    expect(thrown(() => readMembership(state))).toMatchObject({ code: 'NOT_JOINED', exitCode: 4 });
    saveMembership(state, membership);
    expect(readMembership(state)).toEqual(membership);
    saveCertificate(state, { certificatePem: 'second leaf', caPem: 'two cas' });
    expect(readMembership(state)).toEqual({ ...membership, certificatePem: 'second leaf', caPem: 'two cas' });
    state.close();
  });

  it('has the keys of the newest roster that was countersigned, whatever was received since', () => {
    createState(directory);
    const state = openState(directory);
    const member = (site: string, fill: number) => ({
      site: SiteName.parse(site),
      identityKey: Buffer.alloc(32, fill),
      sealingKey: Buffer.alloc(1216, fill),
    });
    const first = nextRoster('heart.example', undefined, [member('a', 1)]);
    const second = nextRoster('heart.example', first, [member('a', 1), member('b', 2)]);
    keepRosters(state, [first]);
    expect(rosterInForce(state)).toBeUndefined();
    saveCountersignature(state, 0, Buffer.alloc(64, 1));
    keepRosters(state, [first, second]);
    expect([newestRoster(state)?.epoch, rosterInForce(state)?.epoch, rosterOfEpoch(state, 2)]).toEqual([1, 0, undefined]);
    expect(unsentCountersignature(state)).toMatchObject({ epoch: 0, sentAt: null });
    markCountersignatureSent(state, 0);
    expect(unsentCountersignature(state)).toBeUndefined();
    saveCountersignature(state, 1, Buffer.alloc(64, 2));
    expect(rosterInForce(state)).toEqual(second);
    forgetCountersignatures(state);
    expect(rosterInForce(state)).toBeUndefined();
    state.close();
  });
});

describe('decisions', () => {
  it('are kept unsent until the coordinator has exactly them', () => {
    createState(directory);
    const state = openState(directory);
    const study = storeStudy(state, Buffer.from('{"name":"heart"}'));
    const statement = (signedAt: string, decision: 'approve' | 'withdraw') => ({
      consortium: 'heart.example',
      study,
      site: SiteName.parse('a'),
      decision,
      release: 'ask' as const,
      until: null,
      epsilonLimit: null,
      officer: null,
      agentVersion: '0.1.0',
      signedAt,
    });
    saveApproval(state, statement('2026-01-01T00:00:00.000Z', 'approve'), Buffer.alloc(64));
    saveApproval(state, statement('2026-01-02T00:00:00.000Z', 'withdraw'), Buffer.alloc(64));
    markApprovalSent(state, study, '2026-01-01T00:00:00.000Z');
    expect(unsentApprovals(state).map(({ statement: { decision } }) => decision)).toEqual(['withdraw']);
    markApprovalSent(state, study, '2026-01-02T00:00:00.000Z');
    expect(unsentApprovals(state)).toEqual([]);
    saveVote(state, study, 'yes');
    saveVote(state, study, 'no');
    expect(findVote(state, study)).toMatchObject({ vote: 'no' });
    expect(studyByPrefix(state, study.slice(0, 6)).hash).toBe(study);
    expect(thrown(() => studyByPrefix(state, '0000'))).toMatchObject({ code: 'STUDY_UNKNOWN' });
    state.close();
  });
});
