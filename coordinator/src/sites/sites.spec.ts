import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import {
  checkRosterChain,
  createCsr,
  createTransportKey,
  parseJoinToken,
  parseRoster,
  signStatement,
  siteOfCertificate,
  rosterHash,
  rosterStatement,
  spkiSha256,
  type Roster,
} from '@consilium/identity';
import { joinStatement, SiteName, type ResolvedStudy } from '@consilium/protocol';
import type { JoinRequest } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureConsortium } from '../storage/index.js';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { openServerIdentity, openTransportCa, SiteDirectory, sitesThatFit, TransportTrust } from './index.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const site = (name: string) => SiteName.parse(name);

let now = new Date('2026-05-01T00:00:00Z');
let state: string;
let opened: Awaited<ReturnType<typeof temporaryDatabase>>;
let trust: TransportTrust;
let directory: SiteDirectory;

beforeAll(async () => {
  opened = await temporaryDatabase();
  state = await mkdtemp(join(tmpdir(), 'consilium-sites-'));
  trust = await TransportTrust.open({ state, consortium: 'heart', serverNames: ['localhost'], clock: () => now });
  const consortium = await ensureConsortium(opened.db, 'heart', now);
  directory = new SiteDirectory({ db: opened.db, consortium, trust, publicAddress: () => 'coord.example:7443', clock: () => now });
});
afterAll(async () => {
  await opened.close();
  await rm(state, { recursive: true, force: true });
});

const identities = new Map<number, KeyObject>();

/** A site's agent, as far as joining goes. */
async function newcomer(seed: number) {
  const identity = generateKeyPairSync('ed25519');
  identities.set(seed, identity.privateKey);
  const csr = await createCsr(await createTransportKey());
  const identityKey = Buffer.from(identity.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const sealingKey = Buffer.alloc(1216, seed);
  return (token: string): JoinRequest => {
    const { secret, site: name = '' } = parseJoinToken(token);
    const { signature } = signStatement('join', joinStatement(name, { csr, identityKey, sealingKey }), identity.privateKey);
    return { tokenSecret: secret, csr, identityKey, sealingKey, signature, agentVersion: '0.1.0', protocolVersion: 1 };
  };
}

describe('the transport CA', () => {
  it('is made once, with a key that nobody else can read', async () => {
    expect((await stat(join(state, 'ca', 'key.pem'))).mode & 0o777).toBe(0o600);
    expect((await openTransportCa(state, 'heart', now)).certificatePem).toBe(trust.issuing.certificatePem);
  });

  it('is refused when its key file was opened to others', async () => {
    const other = await mkdtemp(join(tmpdir(), 'consilium-ca-'));
    await openTransportCa(other, 'heart', now);
    await chmod(join(other, 'ca', 'key.pem'), 0o644);
    await expect(openTransportCa(other, 'heart', now)).rejects.toMatchObject({ code: 'KEY_FILE_MODE' });
    await rm(other, { recursive: true, force: true });
  });
});

describe('the server certificate', () => {
  it('stays for two thirds of its life, or until the names change', async () => {
    const ca = trust.issuing;
    const at = (days: number, ...names: string[]) => openServerIdentity({ state, ca, names, now: new Date(now.getTime() + days * DAY) });
    const first = await at(0, 'localhost', '127.0.0.1');
    expect(await at(264, 'localhost')).toEqual(first);
    const late = await at(265, 'localhost');
    expect(late.chainPem).not.toBe(first.chainPem);
    const renamed = await at(0, 'coord.example');
    expect(new X509Certificate(renamed.chainPem).checkHost('coord.example')).toBe('coord.example');
    expect(renamed.chainPem.endsWith(ca.certificatePem)).toBe(true);
  });
});

describe('a site that joins', () => {
  it('waits for an admin, then gets a certificate that names it, and stands on the roster', async () => {
    const { token, expiresAt } = await directory.invite(site('basel'), DAY);
    expect(expiresAt).toBe('2026-05-02T00:00:00.000Z');
    expect(parseJoinToken(token)).toMatchObject({
      coordinator: 'coord.example:7443',
      caSpkiSha256: spkiSha256(trust.issuing.certificateDer),
    });
    const basel = await newcomer(1);
    expect(await directory.join(basel(token))).toMatchObject({ site: 'basel', consortium: 'heart', pending: true });
    expect((await directory.roster()).members).toEqual([]);
    expect(await directory.admit(site('basel'))).toMatchObject({
      state: 'admitted',
      position: 0,
      certificateEnds: '2026-07-30T00:00:00.000Z',
    });
    const answer = await directory.join(basel(token));
    expect(answer.pending).toBe(false);
    expect(siteOfCertificate(answer.certificate, 'heart')).toBe('basel');
    expect(parseRoster(await directory.roster()).members.map((entry) => entry.site)).toEqual(['basel']);
    expect(await directory.admit(site('basel'))).toMatchObject({ state: 'admitted', position: 0 });
  });

  it('is refused with a token that was used with other keys, has expired, was replaced or is of another coordinator', async () => {
    const { token } = await directory.invite(site('chur'), HOUR);
    await directory.join((await newcomer(2))(token));
    await expect(directory.join((await newcomer(3))(token))).rejects.toMatchObject({ code: 'TOKEN_USED', exitCode: 4 });
    const second = await directory.invite(site('chur'), HOUR);
    await expect(directory.join((await newcomer(2))(token))).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
    await expect(directory.admit(site('chur'))).rejects.toMatchObject({ code: 'SITE_NOT_JOINED', exitCode: 5 });
    const before = now;
    now = new Date(now.getTime() + HOUR);
    await expect(directory.join((await newcomer(2))(second.token))).rejects.toMatchObject({ code: 'TOKEN_EXPIRED', exitCode: 4 });
    now = before;
  });

  it('still gets its answer when the admission comes after the token has expired', async () => {
    const { token } = await directory.invite(site('davos'), HOUR);
    const davos = await newcomer(4);
    await directory.join(davos(token));
    const before = now;
    now = new Date(now.getTime() + DAY);
    await directory.admit(site('davos'));
    expect((await directory.join(davos(token))).pending).toBe(false);
    now = before;
  });

  it('is refused with a statement about another site, keys of another site, or another protocol', async () => {
    const { token } = await directory.invite(site('fribourg'), HOUR);
    const basel = await newcomer(1);
    const other = (await directory.invite(site('glarus'), HOUR)).token;
    const { tokenSecret } = basel(token);
    await expect(directory.join({ ...basel(other), tokenSecret })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', exitCode: 6 });
    await expect(directory.join(basel(token))).rejects.toMatchObject({ code: 'KEYS_TAKEN' });
    await expect(directory.join({ ...basel(token), protocolVersion: 2 })).rejects.toMatchObject({ code: 'PROTOCOL_VERSION' });
    await expect(directory.join({ ...basel(token), sealingKey: Buffer.alloc(3) })).rejects.toMatchObject({ code: 'JOIN_INVALID' });
    await expect(directory.join({ ...basel(token), csr: Buffer.from('no request') })).rejects.toMatchObject({ code: 'CSR_INVALID' });
  });

  it('is refused as nobody', async () => {
    await expect(directory.invite(site('zug'), 1)).rejects.toMatchObject({ code: 'INVITATION_TIME' });
    await expect(directory.admit(site('nowhere'))).rejects.toMatchObject({ code: 'SITE_UNKNOWN' });
    await expect(directory.revoke(site('nowhere'))).rejects.toMatchObject({ code: 'SITE_UNKNOWN' });
  });
});

/** A member, with the key that it signs with. */
async function member(name: string, seed: number) {
  const agent = await newcomer(seed);
  await directory.join(agent((await directory.invite(site(name), HOUR)).token));
  await directory.admit(site(name));
  return agent;
}
const fingerprintOf = (der: Uint8Array) => createHash('sha256').update(der).digest('hex');
const freshCsr = async () => createCsr(await createTransportKey());
const names = (roster: Roster) => roster.members.map((entry) => entry.site);

describe('a member whose certificate has expired', () => {
  it('gets another one with a token and its own keys, at once and with no new roster', async () => {
    const luzern = await member('luzern', 21);
    const { epoch } = await directory.roster();
    const before = now;
    now = new Date(now.getTime() + 100 * DAY);
    const { token } = await directory.invite(site('luzern'), HOUR);
    const answer = await directory.join(luzern(token));
    expect(answer.pending).toBe(false);
    expect(await directory.certificateIsCurrent(fingerprintOf(answer.certificate))).toBe('luzern');
    expect((await directory.join(luzern(token))).certificate).toEqual(answer.certificate);
    expect((await directory.roster()).epoch).toBe(epoch);
    now = before;
  });

  it('gets none with other keys', async () => {
    const { token } = await directory.invite(site('luzern'), HOUR);
    await expect(directory.join((await newcomer(22))(token))).rejects.toMatchObject({ code: 'KEYS_DIFFER', exitCode: 5 });
    expect((await directory.view(site('luzern'))).state).toBe('admitted');
  });
});

describe('a certificate', () => {
  it('counts as long as it lasts, and a renewed one beside it', async () => {
    const { certificate, caCertificates } = await directory.renew(site('basel'), await freshCsr());
    expect(caCertificates).toEqual([trust.issuing.certificateDer]);
    expect(await directory.certificateIsCurrent(fingerprintOf(certificate))).toBe('basel');
    expect(await directory.certificateIsCurrent('00')).toBeUndefined();
    const before = now;
    now = new Date(now.getTime() + 90 * DAY);
    expect(await directory.certificateIsCurrent(fingerprintOf(certificate))).toBeUndefined();
    now = before;
  });

  it('is looked up once, and forgotten with its site’s membership', async () => {
    await member('morges', 23);
    const { certificate } = await directory.renew(site('morges'), await freshCsr());
    const fingerprint = fingerprintOf(certificate);
    expect(await directory.certificateIsCurrent(fingerprint)).toBe('morges');
    // Nobody but the coordinator itself writes to its database: what it has seen, it need not ask for again.
    await opened.db.updateTable('certificates').set({ revoked_at: now }).where('fingerprint', '=', fingerprint).execute();
    expect(await directory.certificateIsCurrent(fingerprint)).toBe('morges');
    const revoked = directory.revoke(site('morges'));
    await Promise.all([revoked, directory.certificateIsCurrent(fingerprint)]);
    expect(await directory.certificateIsCurrent(fingerprint)).toBeUndefined();
  });

  it('warns in the list of sites from 14 days before its end', async () => {
    const before = now;
    const warning = async (days: number) => {
      now = new Date(before.getTime() + days * DAY);
      return (await directory.view(site('basel'))).certificateWarning;
    };
    expect(await warning(75)).toBeNull();
    expect(await warning(77)).toContain('ends on 2026-07-30');
    expect(await warning(91)).toContain('consilium site invite basel');
    now = before;
  });
});

describe('the roster', () => {
  const sign = (roster: Roster, name: string, key: KeyObject) =>
    signStatement('roster', rosterStatement(roster, site(name)), key).signature;

  it('has an epoch for every admission and every departure, each with the hash of the one before', async () => {
    const before = await directory.roster();
    await member('olten', 31);
    const joined = await directory.roster();
    expect(joined.epoch).toBe(before.epoch + 1);
    expect(Buffer.from(joined.previousHash)).toEqual(rosterHash(before));
    await directory.revoke(site('olten'));
    await directory.revoke(site('olten'));
    const left = await directory.roster();
    expect(left.epoch).toBe(before.epoch + 2);
    expect(names(left)).toEqual(names(before));
    const { rosters, newestEpoch } = await directory.rosters.after(before.epoch);
    expect(newestEpoch).toBe(left.epoch);
    checkRosterChain(before, rosters.map(parseRoster));
    expect((await directory.rosters.after(undefined)).rosters.map(parseRoster)).toEqual([left]);
    expect((await directory.rosters.after(left.epoch)).rosters).toEqual([]);
  });

  it('keeps countersignatures of members over the roster that it has, and no others', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    await member('pully', 32);
    const key = identities.get(32) as KeyObject;
    const roster = await directory.roster();
    const countersign = (epoch: number, signature: Buffer, name = 'pully') =>
      directory.rosters.countersign(site(name), epoch, signature, now);
    await expect(countersign(roster.epoch, sign(roster, 'pully', privateKey))).rejects.toMatchObject({ code: 'COUNTERSIGNATURE_INVALID' });
    const forged = { ...roster, previousHash: Buffer.alloc(32, 1) };
    await expect(countersign(roster.epoch, sign(forged, 'pully', key))).rejects.toMatchObject({ exitCode: 6 });
    await expect(countersign(99, sign(roster, 'pully', key))).rejects.toMatchObject({ code: 'ROSTER_UNKNOWN' });
    await expect(countersign(roster.epoch, sign(roster, 'pully', key), 'olten')).rejects.toMatchObject({ code: 'NOT_ON_ROSTER' });
    await countersign(roster.epoch, sign(roster, 'pully', key));
    await countersign(roster.epoch, sign(roster, 'pully', key));
    expect((await directory.rosters.after(undefined)).countersignatures.map((entry) => entry.site)).toEqual(['pully']);
    expect((await directory.view(site('pully'))).countersigned).toBe(roster.epoch);
    const { epoch, members } = await directory.rosterView();
    expect([epoch, members.filter((entry) => entry.countersigned).map((entry) => entry.site)]).toEqual([roster.epoch, ['pully']]);
  });

  it('is, for a study, the oldest from which on its sites have had their keys: others come and go unnoticed', async () => {
    const { epoch } = await directory.roster();
    expect(await directory.rosters.epochOf([site('pully')])).toBe(epoch);
    await member('renens', 33);
    await directory.revoke(site('renens'));
    expect(await directory.rosters.epochOf([site('pully'), site('basel')])).toBe(epoch);
    expect(await directory.rosters.epochOf([site('basel')])).toBe(0);
    await expect(directory.rosters.epochOf([site('renens')])).rejects.toMatchObject({ code: 'NOT_ON_ROSTER' });
  });
});

describe('a site that is revoked', () => {
  it('is told about to whoever holds its streams, and loses tokens and certificates', async () => {
    const told: string[] = [];
    directory.onRevoked((name) => told.push(name));
    await member('sion', 41);
    const { token } = await directory.invite(site('sion'), HOUR);
    expect(await directory.revoke(site('sion'))).toMatchObject({ state: 'revoked', position: null, certificateEnds: null });
    expect(told).toEqual(['sion']);
    await expect(directory.join((await newcomer(41))(token))).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
    await expect(directory.renew(site('sion'), await freshCsr())).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  });

  it('comes back with new keys under its name, in a new epoch, last in roster order', async () => {
    const { token } = await directory.invite(site('sion'), HOUR);
    await directory.join((await newcomer(42))(token));
    expect((await directory.admit(site('sion'))).state).toBe('admitted');
    const { members } = await directory.roster();
    expect(members.at(-1)).toMatchObject({ site: 'sion', sealingKey: Buffer.alloc(1216, 42) });
  });
});

describe('the list of sites', () => {
  it('says who is connected and what each offers, and which could run a study', async () => {
    await directory.markSeen(site('basel'), { agentVersion: '0.1.0', engine: 'wasm', cohorts: ['heart'] });
    directory.connect(site('basel'));
    const sites = await directory.list();
    expect(sites[0]).toMatchObject({ site: 'basel', connected: true, cohorts: ['heart'], lastSeen: now.toISOString() });
    expect(sites[0]?.words?.split(' ')).toHaveLength(8);
    const study = { sites: { names: ['basel', 'chur', 'davos', 'zug'].map(site) }, cohort: { name: 'heart' } } as unknown as ResolvedStudy;
    expect(sitesThatFit(study, sites).map(({ couldRun, connected }) => [couldRun, connected])).toEqual([
      [true, true],
      [false, false],
      [false, false],
      [false, false],
    ]);
    expect(sitesThatFit(study, sites)[3]?.fix).toContain('consilium site invite zug');
    directory.disconnect(site('basel'));
    expect((await directory.view(site('basel'))).connected).toBe(false);
  });
});
