import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  createCsr,
  createTransportKey,
  parseJoinToken,
  parseRoster,
  signStatement,
  siteOfCertificate,
  spkiSha256,
  type CertificateAuthority,
} from '@consilium/identity';
import { joinStatement, SiteName, type ResolvedStudy } from '@consilium/protocol';
import type { JoinRequest } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureConsortium } from '../storage/index.js';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { openServerIdentity, openTransportCa, SiteDirectory, sitesThatFit } from './index.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const site = (name: string) => SiteName.parse(name);

let now = new Date('2026-05-01T00:00:00Z');
let state: string;
let opened: Awaited<ReturnType<typeof temporaryDatabase>>;
let ca: CertificateAuthority;
let directory: SiteDirectory;

beforeAll(async () => {
  opened = await temporaryDatabase();
  state = await mkdtemp(join(tmpdir(), 'consilium-sites-'));
  ca = await openTransportCa(state, 'heart', now);
  const consortium = await ensureConsortium(opened.db, 'heart', now);
  directory = new SiteDirectory({ db: opened.db, consortium, ca, publicAddress: () => 'coord.example:7443', clock: () => now });
});
afterAll(async () => {
  await opened.close();
  await rm(state, { recursive: true, force: true });
});

/** A site's agent, as far as joining goes. */
async function newcomer(seed: number) {
  const identity = generateKeyPairSync('ed25519');
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
    expect((await openTransportCa(state, 'heart', now)).certificatePem).toBe(ca.certificatePem);
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
  it('stays until its last 30 days or until the names change', async () => {
    const first = await openServerIdentity(state, ca, ['localhost', '127.0.0.1'], now);
    const again = await openServerIdentity(state, ca, ['localhost'], new Date(now.getTime() + 366 * DAY));
    expect(again).toEqual(first);
    const late = await openServerIdentity(state, ca, ['localhost'], new Date(now.getTime() + 368 * DAY));
    expect(late.chainPem).not.toBe(first.chainPem);
    const renamed = await openServerIdentity(state, ca, ['coord.example'], now);
    expect(new X509Certificate(renamed.chainPem).checkHost('coord.example')).toBe('coord.example');
    expect(renamed.chainPem.endsWith(ca.certificatePem)).toBe(true);
  });
});

describe('a site that joins', () => {
  it('waits for an admin, then gets a certificate that names it, and stands on the roster', async () => {
    const { token, expiresAt } = await directory.invite(site('basel'), DAY);
    expect(expiresAt).toBe('2026-05-02T00:00:00.000Z');
    expect(parseJoinToken(token)).toMatchObject({ coordinator: 'coord.example:7443', caSpkiSha256: spkiSha256(ca.certificateDer) });
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
    expect(parseRoster(await directory.roster()).members.map((member) => member.site)).toEqual(['basel']);
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

  it('cannot be invited again once it is a member', async () => {
    await expect(directory.invite(site('basel'), HOUR)).rejects.toMatchObject({ code: 'SITE_EXISTS' });
    await expect(directory.invite(site('zug'), 1)).rejects.toMatchObject({ code: 'INVITATION_TIME' });
    await expect(directory.admit(site('nowhere'))).rejects.toMatchObject({ code: 'SITE_UNKNOWN' });
  });
});

describe('a certificate', () => {
  it('counts as long as it lasts, and a renewed one beside it', async () => {
    const der = await directory.renew(site('basel'), await createCsr(await createTransportKey()));
    const fingerprint = createHash('sha256').update(der).digest('hex');
    expect(await directory.certificateIsCurrent(fingerprint)).toBe('basel');
    expect(await directory.certificateIsCurrent('00')).toBeUndefined();
    const before = now;
    now = new Date(now.getTime() + 90 * DAY);
    expect(await directory.certificateIsCurrent(fingerprint)).toBeUndefined();
    now = before;
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
