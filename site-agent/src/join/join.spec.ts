import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  createCertificateAuthority,
  issueServerCertificate,
  issueSiteCertificate,
  memberWords,
  mintJoinToken,
  nextRoster,
  parseJoinToken,
  SITE_KEY_FILES,
  spkiSha256,
  verifyStatement,
  type CertificateAuthority,
  type Roster,
} from '@consilium/identity';
import { ConsiliumError, joinStatement, SiteName, statementJson } from '@consilium/protocol';
import { EnrolmentServiceService, RosterServiceService, toGrpcError, type JoinRequest } from '@consilium/protocol/wire';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SiteConfig } from '../config/index.js';
import { egressTotals } from '../egress/index.js';
import { loadKeys } from '../keys/index.js';
import { newestRoster, openState, readMembership, rosterInForce, saveCountersignature, type SiteState } from '../state/index.js';
import { InitAnswers, initSite, joinConsortium, readJoinToken, siteYaml } from './index.js';

const CONSORTIUM = 'heart.example';
const now = new Date();
let ca: CertificateAuthority;
let stranger: CertificateAuthority;
let server: Server;
let coordinator: string;
let root: string;
let config: SiteConfig;
let state: SiteState;

/** What the small coordinator of this test does. */
let admitAfter = 0;
let refusal: ConsiliumError | undefined;
let issuer: CertificateAuthority;
let wrongRosterKey = false;
let requests: JoinRequest[] = [];
let rosters: Roster[] = [];
let consortium = CONSORTIUM;

type Reply = (error: unknown, value?: unknown) => void;

async function answerJoin({ request }: ServerUnaryCall<JoinRequest, unknown>, reply: Reply) {
  requests.push(request);
  if (refusal) return reply(toGrpcError(refusal));
  const pending = requests.length <= admitAfter;
  const leaf = await issueSiteCertificate({ ca: issuer, csr: request.csr, consortium, site: 'st-elsewhere', now });
  const certificate = pending ? Buffer.alloc(0) : leaf.der;
  reply(null, { site: 'st-elsewhere', consortium, pending, certificate, caCertificates: [ca.certificateDer] });
}

beforeAll(async () => {
  ca = await createCertificateAuthority({ consortium: CONSORTIUM, now });
  stranger = await createCertificateAuthority({ consortium: CONSORTIUM, now });
  const own = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
  server = new Server();
  server.addService(EnrolmentServiceService, {
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    join: (call: ServerUnaryCall<JoinRequest, unknown>, reply: Reply) => void answerJoin(call, reply),
    renew: () => undefined,
  });
  server.addService(RosterServiceService, {
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    get: (call: ServerUnaryCall<{ fromEpoch?: number }, unknown>, reply: Reply) => {
      if (call.getAuthContext()?.sslPeerCertificate === undefined) return reply(toGrpcError(new Error('no certificate')));
      const { identityKey, sealingKey } = requests.at(-1)!;
      const key = wrongRosterKey ? Buffer.alloc(32, 9) : identityKey;
      const site = SiteName.parse('st-elsewhere');
      if (rosters.at(-1)?.members[0]?.identityKey !== key)
        rosters.push(nextRoster(CONSORTIUM, rosters.at(-1), [{ site, identityKey: key, sealingKey }]));
      const after = rosters.filter(({ epoch }) => epoch > (call.request.fromEpoch ?? rosters.length - 2));
      reply(null, { rosters: after, newestEpoch: rosters.length - 1, countersignatures: [] });
    },
    countersign: () => undefined,
  });
  // As the real one: a certificate is asked for, and needed for all but joining.
  const chain = [{ private_key: Buffer.from(own.privateKeyPem), cert_chain: Buffer.from(own.chainPem) }];
  const credentials = ServerCredentials.createSsl(Buffer.from(ca.certificatePem), chain, true);
  Object.assign(credentials._getConstructorOptions()!, { rejectUnauthorized: false });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  coordinator = `127.0.0.1:${port}`;
});
afterAll(() => server.forceShutdown());
afterEach(() => {
  state.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'join-'));
  config = initSite(join(root, 'site.yaml'), InitAnswers.parse({ site: 'st-elsewhere', coordinator }));
  state = openState(config.state);
  [admitAfter, refusal, issuer, wrongRosterKey, requests, rosters, consortium] = [0, undefined, ca, false, [], [], CONSORTIUM];
});

const token = (of = ca, url = coordinator) =>
  parseJoinToken(mintJoinToken({ url, caSpkiSha256: spkiSha256(of.certificateDer), site: 'st-elsewhere' }).token);
const seen: string[] = [];
const options = (timeoutMs = 20_000, newKeys = false) => ({
  newKeys,
  timeoutMs,
  signal: AbortSignal.timeout(30_000),
  onWords: ({ consortiumWords, siteWords }: { consortiumWords: string; siteWords: string }) =>
    void seen.splice(0, 9, consortiumWords, siteWords),
  onWaiting: () => void seen.push('waiting'),
});

describe('join', () => {
  it('makes the keys here, shows eight words of both sides, waits for the admin, and keeps what it got', async () => {
    admitAfter = 1;
    const membership = await joinConsortium(state, config, token(), options());
    const [request, again] = requests;
    expect(again).toEqual(request);
    const { csr, identityKey, sealingKey, signature } = request!;
    const statement = joinStatement('st-elsewhere', { csr, identityKey, sealingKey });
    expect(verifyStatement('join', statementJson('join', statement), signature, identityKey)).toEqual(statement);
    expect(seen).toEqual([expect.stringMatching(/^(\w+ ){7}\w+$/), memberWords({ identityKey, sealingKey }), 'waiting']);
    expect(readMembership(state)).toEqual(membership);
    expect(membership).toMatchObject({ consortium: CONSORTIUM, site: 'st-elsewhere', coordinator, caPem: ca.certificatePem });
    expect((await loadKeys(state, config)).identityPublicKey).toEqual(Buffer.from(identityKey));
    for (const name of Object.values(SITE_KEY_FILES)) expect(statSync(join(state.layout.siteKeys, name)).mode & 0o777).toBe(0o600);
    const { bytes } = await egressTotals(state.layout.egress);
    expect(bytes.metadata).toBeGreaterThan(2 * 1216);
    expect(bytes.control).toBe(5);
  });

  it('goes on with the same keys and the same request after it was cut off while waiting: exit 7', async () => {
    admitAfter = 100;
    const invited = token();
    await expect(joinConsortium(state, config, invited, options(400))).rejects.toMatchObject({ code: 'NOT_ADMITTED', exitCode: 7 });
    admitAfter = 0;
    const before = requests.length;
    await joinConsortium(state, config, invited, options());
    expect(requests[before]).toEqual(requests[0]);
  });

  it('leaves the roster to be confirmed: nobody here has compared its words', async () => {
    await joinConsortium(state, config, token(), options());
    expect(newestRoster(state)?.members.map(({ site }) => site)).toEqual(['st-elsewhere']);
    expect(rosterInForce(state)).toBeUndefined();
  });

  it('once more, with the same keys, gives a member another certificate and changes nothing else', async () => {
    const before = await joinConsortium(state, config, token(), options());
    saveCountersignature(state, 0, Buffer.alloc(64));
    const after = await joinConsortium(state, config, token(), options());
    expect(after).toEqual({ ...before, certificatePem: after.certificatePem });
    expect(after.certificatePem).not.toBe(before.certificatePem);
    expect(requests[1]?.identityKey).toEqual(requests[0]?.identityKey);
    expect(rosterInForce(state)?.epoch).toBe(0);
  });

  it('with new keys puts them in place of the old ones only when the site has been admitted with them, and asks for the roster anew', async () => {
    await joinConsortium(state, config, token(), options());
    saveCountersignature(state, 0, Buffer.alloc(64));
    const old = await loadKeys(state, config);
    admitAfter = 100;
    const invited = token();
    await expect(joinConsortium(state, config, invited, options(400, true))).rejects.toMatchObject({ code: 'NOT_ADMITTED' });
    expect((await loadKeys(state, config)).identityPublicKey).toEqual(old.identityPublicKey);
    admitAfter = 0;
    await joinConsortium(state, config, invited, options(20_000, true));
    const fresh = await loadKeys(state, config);
    expect(requests.at(-1)?.identityKey).toEqual(fresh.identityPublicKey);
    expect(requests.at(-1)).toEqual(requests.at(-2));
    expect(fresh.identityPublicKey).not.toEqual(old.identityPublicKey);
    expect(rosterInForce(state)).toBeUndefined();
    expect(newestRoster(state)?.epoch).toBe(1);
    for (const entry of readdirSync(state.layout.keys)) expect(statSync(join(state.layout.keys, entry)).mode & 0o777).toBe(0o700);
  });

  it('again with the token that made the site a member is refused, and says what the site is', async () => {
    await joinConsortium(state, config, token(), options());
    refusal = new ConsiliumError({ code: 'TOKEN_USED', errorClass: 'forbidden', message: 'Used.', fix: 'Ask for a new one.' });
    const again = joinConsortium(state, config, token(), options());
    await expect(again).rejects.toMatchObject({ code: 'ALREADY_JOINED', exitCode: 2, message: expect.stringContaining(CONSORTIUM) });
  });

  it('of a member of another consortium is refused', async () => {
    await joinConsortium(state, config, token(), options());
    consortium = 'lung.example';
    await expect(joinConsortium(state, config, token(), options())).rejects.toMatchObject({ code: 'ALREADY_JOINED', exitCode: 2 });
  });

  it.each(['TOKEN_USED', 'TOKEN_EXPIRED', 'TOKEN_UNKNOWN'])('ends with the coordinator’s sentence and exit 4 for %s', async (code) => {
    refusal = new ConsiliumError({ code, errorClass: 'forbidden', message: 'This join token does not work.', fix: 'Ask for a new one.' });
    const failed = joinConsortium(state, config, token(), options());
    await expect(failed).rejects.toMatchObject({ code, exitCode: 4, message: 'This join token does not work.', fix: 'Ask for a new one.' });
    expect(requests).toHaveLength(1);
  });

  it('sends no secret to a coordinator of another consortium: exit 6', async () => {
    await expect(joinConsortium(state, config, token(stranger), options())).rejects.toMatchObject({ code: 'CA_MISMATCH', exitCode: 6 });
    expect(requests).toEqual([]);
    expect(readFileSync(state.layout.egress, 'utf8')).toBe('');
  });

  it('says that the coordinator is not there: exit 3', async () => {
    const free = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as AddressInfo;
        probe.close(() => resolve(port));
      });
    });
    const failed = joinConsortium(state, config, token(ca, `127.0.0.1:${free}`), options());
    await expect(failed).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE', exitCode: 3 });
  });

  it('keeps nothing of an admission by another CA, or of a roster with other keys under its name: exit 6', async () => {
    issuer = stranger;
    await expect(joinConsortium(state, config, token(), options())).rejects.toMatchObject({ code: 'ADMISSION_INVALID', exitCode: 6 });
    issuer = ca;
    wrongRosterKey = true;
    await expect(joinConsortium(state, config, token(), options())).rejects.toMatchObject({ code: 'KEYS_DIFFER', exitCode: 6 });
    expect(() => readMembership(state)).toThrow(/has not joined/);
  });

  it('does not use keys that others can read: exit 4', async () => {
    admitAfter = 100;
    await expect(joinConsortium(state, config, token(), options(400))).rejects.toThrow(/not been admitted/);
    chmodSync(join(state.layout.siteKeys, SITE_KEY_FILES.identity), 0o644);
    await expect(joinConsortium(state, config, token(), options())).rejects.toMatchObject({ code: 'KEY_FILE_MODE', exitCode: 4 });
  });
});

describe('a join token', () => {
  const write = (text: string) => {
    const path = join(root, 'token');
    writeFileSync(path, text);
    return path;
  };

  it('for another site, another coordinator, or damaged is refused before anything is sent: exit 2', () => {
    const { token: right } = mintJoinToken({ url: coordinator, caSpkiSha256: spkiSha256(ca.certificateDer), site: 'st-elsewhere' });
    expect(readJoinToken(write(`${right}\n`), config).coordinator).toBe(coordinator);
    const other = mintJoinToken({ url: coordinator, caSpkiSha256: spkiSha256(ca.certificateDer), site: 'other' }).token;
    const elsewhere = mintJoinToken({ url: 'else.example:443', caSpkiSha256: spkiSha256(ca.certificateDer) }).token;
    for (const [text, code] of [
      [other, 'TOKEN_FOREIGN'],
      [elsewhere, 'TOKEN_FOREIGN'],
      [right.slice(0, -4), 'TOKEN_INVALID'],
    ] as const)
      expect(() => readJoinToken(write(text), config)).toThrow(expect.objectContaining({ code, exitCode: 2 }));
    expect(() => readJoinToken(join(root, 'none'), config)).toThrow(expect.objectContaining({ code: 'TOKEN_UNREADABLE', exitCode: 2 }));
  });
});

describe('init', () => {
  it('writes a valid site.yaml (0640) and a private state directory (0700) whatever the umask', () => {
    for (const mask of [0o000, 0o077]) {
      const before = process.umask(mask);
      const file = join(root, `new-${mask}`, 'site.yaml');
      const answers = { site: 'a', coordinator, cohort: 'heart', data: 'data/*.csv', patientId: 'pid', public: true };
      const made = initSite(file, InitAnswers.parse(answers));
      process.umask(before);
      expect(made.cohorts.get('heart')).toMatchObject({ patientId: 'pid', public: true });
      expect(statSync(file).mode & 0o777).toBe(0o640);
      expect(statSync(made.state).mode & 0o777).toBe(0o700);
    }
  });

  it('replaces no file, and writes none that is not valid', () => {
    expect(() => initSite(config.file, InitAnswers.parse({ site: 'b', coordinator }))).toThrow(
      expect.objectContaining({ code: 'CONFIG_EXISTS' }),
    );
    const file = join(root, 'bad', 'site.yaml');
    expect(() => initSite(file, InitAnswers.parse({ site: 'b', coordinator: 'no port' }))).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    );
    expect(() => statSync(file)).toThrow(/ENOENT/);
    expect(siteYaml(InitAnswers.parse({ site: 'b', coordinator }))).toContain('minPatients: 20');
  });
});
