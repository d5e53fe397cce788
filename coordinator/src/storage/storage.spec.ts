import { SiteName, StudyHash, sha256Hex } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addCertificate,
  markCertificateUsed,
  memberCertificate,
  newestCertificate,
  revokeCertificates,
  usedCertificates,
} from './certificates.js';
import { ensureConsortium, isWritable } from './consortium.js';
import { addJoinToken, bindJoinToken, dropTokens, findJoinToken } from './join-tokens.js';
import { deleteRelayBoxes, putRelayBox, relayBoxCount, relayBoxesFor } from './relay-boxes.js';
import type { Database } from './schema.js';
import { admitSite, findSite, inviteSite, keysOfAnother, listSites, lockMembers, recordSiteKeys, touchSite } from './sites.js';
import { addStudy, findStudy, listStudies, matchStudies } from './studies.js';
import { appendStudyEvents, readRoundEvents, readStudyEvents } from './study-events.js';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { beginUpload, completeUpload, deleteUpload, findUpload, listUploads } from './uploads.js';

const now = new Date('2026-01-02T03:04:05.678Z');
const later = new Date('2026-01-03T00:00:00Z');
const site = (name: string) => SiteName.parse(name);
const keys = { identityKey: Buffer.alloc(32, 1), sealingKey: Buffer.alloc(1216, 2), csr: Buffer.alloc(9, 3), agentVersion: '0.1.0' };

let opened: Awaited<ReturnType<typeof temporaryDatabase>>;
let db: Database;

async function study(name: string): Promise<StudyHash> {
  const specification = Buffer.from(name);
  const hash = StudyHash.parse(sha256Hex(specification));
  await addStudy(db, { hash, name, specification }, now);
  return hash;
}

beforeAll(async () => {
  opened = await temporaryDatabase();
  db = opened.db;
});
afterAll(() => opened.close());

describe('the consortium', () => {
  it('is written once and refuses to be renamed by a configuration', async () => {
    expect(await ensureConsortium(db, 'heart', now)).toEqual({ name: 'heart' });
    expect(await ensureConsortium(db, 'heart', later)).toEqual({ name: 'heart' });
    await expect(ensureConsortium(db, 'lung', now)).rejects.toMatchObject({ code: 'CONSORTIUM_NAME', exitCode: 2 });
    expect(await isWritable(db)).toBe(true);
  });
});

describe('sites', () => {
  it('join the roster in the order in which they are admitted', async () => {
    for (const name of ['zurich', 'basel', 'geneva']) {
      await inviteSite(db, site(name), now);
      await recordSiteKeys(db, site(name), keys);
    }
    expect(await keysOfAnother(db, site('basel'), keys)).toBe(true);
    expect(await keysOfAnother(db, site('basel'), { ...keys, identityKey: keys.csr, sealingKey: keys.csr })).toBe(false);
    expect(await db.transaction().execute((tx) => admitSite(tx, site('geneva'), now))).toBe(true);
    const both = ['basel', 'zurich'].map((name) =>
      db.transaction().execute(async (tx) => {
        await lockMembers(tx);
        return admitSite(tx, site(name), later);
      }),
    );
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(await db.transaction().execute((tx) => admitSite(tx, site('geneva'), later))).toBe(false);
    const rows = await listSites(db);
    expect(rows[0]).toMatchObject({ name: 'geneva', state: 'admitted', position: 0, admitted_at: now });
    expect(rows.map((row) => row.position)).toEqual([0, 1, 2]);
  });

  it('lose the keys they had sent when they are invited again, unless they are members', async () => {
    await inviteSite(db, site('chur'), now);
    await recordSiteKeys(db, site('chur'), keys);
    await inviteSite(db, site('chur'), later);
    await inviteSite(db, site('geneva'), later);
    expect(await findSite(db, site('chur'))).toMatchObject({ state: 'invited', identity_key: null, csr: null, invited_at: later });
    expect(await findSite(db, site('geneva'))).toMatchObject({ state: 'admitted', identity_key: keys.identityKey });
  });

  it('keep their keys once admitted, whatever a token holder sends', async () => {
    await recordSiteKeys(db, site('geneva'), { ...keys, identityKey: Buffer.alloc(32, 9) });
    expect((await findSite(db, site('geneva')))?.identity_key).toEqual(keys.identityKey);
  });

  it('remember what they said of themselves', async () => {
    await touchSite(db, site('basel'), later, { agentVersion: '0.2.0', engine: 'wasm', cohorts: ['heart'] });
    await touchSite(db, site('basel'), now);
    expect(await findSite(db, site('basel'))).toMatchObject({ last_seen: now, engine: 'wasm', cohorts: ['heart'] });
  });
});

describe('join tokens', () => {
  it('belong to the keys that used them first', async () => {
    await inviteSite(db, site('bern'), now);
    await addJoinToken(db, { secretHash: 'h1', site: site('bern'), expiresAt: later }, now);
    expect(await bindJoinToken(db, 'h1', 'keys-a')).toBe(true);
    expect(await bindJoinToken(db, 'h1', 'keys-a')).toBe(true);
    expect(await bindJoinToken(db, 'h1', 'keys-b')).toBe(false);
  });

  it('are replaced by a new invitation', async () => {
    await addJoinToken(db, { secretHash: 'h2', site: site('bern'), expiresAt: later }, now);
    expect(await findJoinToken(db, 'h1')).toMatchObject({ site: 'bern', expires_at: later, keys_hash: 'keys-a' });
    await dropTokens(db, site('bern'));
    expect(await findJoinToken(db, 'h1')).toBeUndefined();
    expect(await findJoinToken(db, 'h2')).toBeUndefined();
  });
});

describe('certificates', () => {
  it('count for members only, until they are revoked, and the one that lasts longest is the newest', async () => {
    const certificate = { site: site('geneva'), der: Buffer.from('x') };
    await addCertificate(db, { ...certificate, serial: '1', fingerprint: 'f1', not_after: later });
    await addCertificate(db, { ...certificate, serial: '2', fingerprint: 'f2', not_after: now });
    expect(await memberCertificate(db, 'f2')).toEqual({ site: 'geneva', not_after: now });
    expect((await newestCertificate(db, site('geneva')))?.serial).toBe('1');
    expect(await memberCertificate(db, 'f3')).toBeUndefined();
    await markCertificateUsed(db, 'f2', now);
    await markCertificateUsed(db, 'f2', later);
    expect(await usedCertificates(db, site('geneva'))).toMatchObject([{ serial: '2', used_at: now }]);
    await revokeCertificates(db, site('geneva'), later);
    expect(await memberCertificate(db, 'f2')).toBeUndefined();
    expect(await usedCertificates(db, site('geneva'))).toEqual([]);
  });
});

describe('studies', () => {
  it('are found by hash, by the beginning of a hash and by name', async () => {
    const hash = await study('heart-lr');
    expect(await addStudy(db, { hash, name: 'heart-lr', specification: Buffer.from('heart-lr') }, later)).toBe(false);
    for (const id of [hash, hash.slice(0, 4), 'heart-lr']) expect((await matchStudies(db, id)).map((row) => row.hash)).toEqual([hash]);
    expect(await matchStudies(db, hash.slice(0, 3))).toEqual([]);
    expect(await matchStudies(db, '%')).toEqual([]);
    expect(await findStudy(db, hash)).toMatchObject({ specification: Buffer.from('heart-lr'), proposed_at: now });
    expect(await listStudies(db)).toHaveLength(1);
  });

  it('keep their events in order and refuse a second writer', async () => {
    const hash = await study('events');
    await appendStudyEvents(db, [{ study: hash, seq: 1, at: now, event: { type: 'proposed', sites: ['a', 'b'] } }]);
    await appendStudyEvents(db, [{ study: hash, seq: 2, at: later, event: { type: 'launched' } }]);
    await expect(appendStudyEvents(db, [{ study: hash, seq: 2, at: later, event: {} }])).rejects.toMatchObject({ code: 'EVENT_ORDER' });
    expect(await readStudyEvents(db, hash)).toEqual([
      { study: hash, seq: 1, at: now, event: { type: 'proposed', sites: ['a', 'b'] } },
      { study: hash, seq: 2, at: later, event: { type: 'launched' } },
    ]);
    expect((await readStudyEvents(db, hash, 1)).map(({ seq }) => seq)).toEqual([2]);
    expect((await readStudyEvents(db, hash, 0, 1)).map(({ seq }) => seq)).toEqual([1]);
  });
});

describe('a round', () => {
  it('is read with everything that happened in it, also the words that name it within a state', async () => {
    const hash = await study('round');
    const events = [
      { type: 'announced', round: 1 },
      { type: 'agreed', site: 'a', state: { round: 1 } },
      { type: 'announced', round: 11 },
      { type: 'launched' },
      { type: 'roundDone', round: 1 },
    ];
    await appendStudyEvents(
      db,
      events.map((event, index) => ({ study: hash, seq: index + 1, at: now, event })),
    );
    expect((await readRoundEvents(db, hash, 1)).map(({ seq }) => seq)).toEqual([1, 2, 5]);
  });
});

describe('the relay', () => {
  it('hands each recipient its boxes and keeps the last one of a sender', async () => {
    const hash = await study('relay');
    const box = { study: hash, key_epoch: 1, sender: site('a'), encapsulated_key: Buffer.from('k'), signature: Buffer.from('s') };
    await putRelayBox(db, { ...box, recipient: site('b'), ciphertext: Buffer.from('old') });
    await putRelayBox(db, { ...box, recipient: site('b'), ciphertext: Buffer.from('new') });
    await putRelayBox(db, { ...box, recipient: site('c'), ciphertext: Buffer.from('other') });
    expect((await relayBoxesFor(db, hash, 1, site('b'))).map((found) => found.ciphertext.toString())).toEqual(['new']);
    expect(await relayBoxesFor(db, hash, 2, site('b'))).toEqual([]);
    expect(await relayBoxCount(db, hash, 1, site('a'))).toBe(2);
    await deleteRelayBoxes(db, hash);
    expect(await relayBoxCount(db, hash, 1, site('a'))).toBe(0);
  });
});

describe('uploads', () => {
  it('count only once complete, and are never begun twice', async () => {
    const hash = await study('uploads');
    const key = { study: hash, kind: 'contribution', round: 1, attempt: 1, site: site('a') };
    const upload = { ...key, length: 2 ** 33, sha256: Buffer.alloc(32), signature: Buffer.alloc(64), key_epoch: 1, path: 'p' };
    expect(await beginUpload(db, upload)).toEqual({ ...upload, complete: false });
    expect(await beginUpload(db, { ...upload, path: 'q' })).toMatchObject({ path: 'p' });
    await completeUpload(db, upload);
    expect(await findUpload(db, key)).toMatchObject({ complete: true, length: 2 ** 33 });
    expect(await listUploads(db, hash, { round: 1, attempt: 1 })).toHaveLength(1);
    expect(await listUploads(db, hash, { round: 2 })).toEqual([]);
    await deleteUpload(db, key);
    expect(await findUpload(db, key)).toBeUndefined();
  });
});
