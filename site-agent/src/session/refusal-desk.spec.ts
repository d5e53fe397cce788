import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { RefusalKind, type Assignment } from '@consilium/protocol/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteRefused } from '../rounds/site-refused.js';
import { createState, openState, readIncident, type SiteState } from '../state/index.js';
import { RefusalDesk } from './refusal-desk.js';

let root: string;
let state: SiteState;
let desk: RefusalDesk;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'desk-'));
  createState(join(root, 'state'));
  state = openState(join(root, 'state'));
  desk = new RefusalDesk(state);
});
afterEach(() => {
  state.close();
  rmSync(root, { recursive: true, force: true });
});

const study = 'a'.repeat(64);
const apply = (round: number, attempt = 0): Assignment => ({
  study,
  sequence: 1n,
  task: {
    $case: 'apply',
    value: {
      list: { keyEpoch: 0, round, attempt, kind: 1, block: 0, seat: 0, contributors: [], participants: [] },
      foldBytes: 0n,
      foldSha256: Buffer.alloc(32),
      foldSignatures: [],
      unmask: [],
      seats: [],
      members: [],
      blockSeats: 0,
      graphSeed: Buffer.alloc(0),
    },
  },
});

describe('a refusal', () => {
  it('carries a code and its fields, and the id of an incident that holds the rest', () => {
    const refusal = desk.refuse(apply(3, 1), siteRefused('KEY_EPOCH', { have: 'none', need: '2' }, new Error('at /secret/path')));
    expect(refusal).toMatchObject({
      study,
      round: 3,
      attempt: 1,
      code: 'KEY_EPOCH',
      fields: { have: 'none', need: '2' },
      kind: RefusalKind.REFUSAL_KIND_FAILED,
    });
    expect(readIncident(state, refusal?.incident ?? '')).toMatchObject({
      study,
      round: 3,
      code: 'KEY_EPOCH',
      detail: expect.stringContaining('/secret/path'),
    });
    expect(JSON.stringify(refusal)).not.toContain('secret');
  });

  it('is said once in a session, and again under the same incident in the next', () => {
    const first = desk.refuse(apply(1), siteRefused('DATA_CHANGED'));
    expect(first?.kind).toBe(RefusalKind.REFUSAL_KIND_REFUSED);
    expect(desk.refuse(apply(1), siteRefused('DATA_CHANGED'))).toBeUndefined();
    expect(desk.refuse(apply(2), siteRefused('DATA_CHANGED'))?.incident).not.toBe(first?.incident);
    desk.newSession();
    expect(desk.refuse(apply(1), siteRefused('DATA_CHANGED'))).toEqual(first);
  });

  it('names the block of seats that it is about, and is said again of the next block and of other fields', () => {
    const hold = (block: number): Assignment => ({
      study,
      sequence: 1n,
      task: { $case: 'hold', value: { keyEpoch: 0, block, adverts: [], roots: [], seedParts: [] } },
    });
    expect(desk.refuse(hold(0), siteRefused('SHARE_MISSING', { from: 'b' }))).toMatchObject({ block: 0, fields: { from: 'b' } });
    expect(desk.refuse(hold(0), siteRefused('SHARE_MISSING', { from: 'b' }))).toBeUndefined();
    expect(desk.refuse(hold(0), siteRefused('SHARE_MISSING', { from: 'c' }))).toMatchObject({ fields: { from: 'c' } });
    expect(desk.refuse(hold(1), siteRefused('SHARE_MISSING', { from: 'b' }))).toMatchObject({ block: 1 });
    expect(desk.refuse(apply(1), siteRefused('SHARE_INVALID', { from: 'b' }))?.block).toBeUndefined();
  });

  it('is INTERNAL for everything that the list does not know', () => {
    const unknown = new ConsiliumError({ code: 'LIST_REFUSED', errorClass: 'verification', message: 'A sentence.', fix: 'A fix.' });
    for (const error of [new TypeError('x'), unknown, 'a text', siteRefused('COHORT_RANGE', { column: 'x'.repeat(200) })])
      expect(desk.refuse({ ...apply(1), study: study.replace('a', String([...study].length % 10)) }, error)?.code ?? 'INTERNAL').toBe(
        'INTERNAL',
      );
  });

  it('is DISK_FULL where the disk is what failed', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    expect(desk.refuse(apply(1), full)?.code).toBe('DISK_FULL');
  });
});
