import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  checkCountersignature,
  createCertificateAuthority,
  createCsr,
  createSiteKeys,
  issueServerCertificate,
  issueSiteCertificate,
  memberWords,
  nextRoster,
  verifyStatement,
  type Roster,
  type SiteKeys,
} from '@consilium/identity';
import {
  parseYaml,
  resolveStudy,
  SiteName,
  StudyFile,
  studyHash,
  StudyHash,
  studySpecification,
  type Statement,
} from '@consilium/protocol';
import {
  ApprovalServiceService,
  RosterServiceService,
  type CountersignRequest,
  type RosterServiceGetRequest,
  type SubmitRequest,
} from '@consilium/protocol/wire';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approvedStudy } from '../approval/index.js';
import {
  createState,
  findVote,
  keepRosters,
  markCountersignatureSent,
  openState,
  recordIncident,
  rosterInForce,
  saveCountersignature,
  saveMembership,
  unsentApprovals,
  unsentCountersignature,
  type SiteState,
} from '../state/index.js';
import { Interrupted, runCli } from './index.js';

const STUDY = `
apiVersion: consilium/v1
kind: Study
name: heart-lr
purpose: A test of approvals
cohort:
  name: heart
  outcome: { column: num, positive: "> 0", range: [0, 4] }
  inputs:
    age: { range: [18, 100], center: 54, scale: 9 }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression }
algorithm: { name: fedavg, rounds: 3, localSteps: 10, learningRate: 0.1 }
privacy: { mode: none }
sites: { names: [a, b, c] }
release: { when: approved-in-advance }
`;
const specificationOf = (text: string) => studySpecification(resolveStudy(parseYaml(text, StudyFile, 'study'), sealParameters));
const SPECIFICATION = specificationOf(STUDY);
const HASH = studyHash(SPECIFICATION);
const now = new Date();

let server: Server;
let coordinator: string;
let root: string;
let keys: SiteKeys;
let membership: Parameters<typeof saveMembership>[1];

/** What the coordinator of this test proposes, and what it got. */
let proposals: { study: string; specification: Buffer; proposedAt: string; approved: boolean }[] = [];
let submitted: SubmitRequest[] = [];
let withdrawn: SubmitRequest[] = [];
let countersigned: CountersignRequest[] = [];
/** The coordinator's chain, from epoch 0. */
let rosters: Roster[] = [];
let first: Roster;
const self = () => ({ site: SiteName.parse('a'), identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey });

type Reply = (error: unknown, value: unknown) => void;

beforeAll(async () => {
  const ca = await createCertificateAuthority({ consortium: 'heart.example', now });
  const own = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
  server = new Server();
  server.addService(ApprovalServiceService, {
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    pending: (_: unknown, reply: Reply) => reply(null, { proposals }),
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    submit: ({ request }: ServerUnaryCall<SubmitRequest, unknown>, reply: Reply) => (submitted.push(request), reply(null, {})),
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    withdraw: ({ request }: ServerUnaryCall<SubmitRequest, unknown>, reply: Reply) => (withdrawn.push(request), reply(null, {})),
  });
  server.addService(RosterServiceService, {
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    get: ({ request }: ServerUnaryCall<RosterServiceGetRequest, unknown>, reply: Reply) =>
      reply(null, {
        rosters: rosters.filter(({ epoch }) => epoch > (request.fromEpoch ?? -1)),
        newestEpoch: rosters.length - 1,
        countersignatures: [],
      }),
    // @ts-expect-error a stand-in names the messages that it gets; grpc-js types a handler as one of any call at all
    countersign: ({ request }: ServerUnaryCall<CountersignRequest, unknown>, reply: Reply) => (
      countersigned.push(request),
      reply(null, {})
    ),
  });
  const chain = [{ private_key: Buffer.from(own.privateKeyPem), cert_chain: Buffer.from(own.chainPem) }];
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(Buffer.from(ca.certificatePem), chain, true), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  coordinator = `127.0.0.1:${port}`;
  root = mkdtempSync(join(tmpdir(), 'cli-'));
  createState(join(root, 'state'));
  keys = await createSiteKeys(join(root, 'state', 'keys', 'site'));
  const leaf = await issueSiteCertificate({ ca, csr: await createCsr(keys.transportKeyPem), consortium: 'heart.example', site: 'a', now });
  membership = {
    consortium: 'heart.example',
    site: SiteName.parse('a'),
    coordinator,
    caPem: ca.certificatePem,
    certificatePem: leaf.pem,
    joinedAt: now.toISOString(),
  };
  first = nextRoster('heart.example', undefined, [self()]);
});
afterAll(() => {
  server.forceShutdown();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  proposals = [{ study: HASH, specification: SPECIFICATION, proposedAt: now.toISOString(), approved: false }];
  [submitted, withdrawn, countersigned] = [[], [], []];
  rosters = [first];
  writeFileSync(
    join(root, 'heart.csv'),
    `age,num,split\n${Array.from({ length: 30 }, (_, row) => `${40 + row},${row % 2},${row % 3 ? 'train' : 'test'}`).join('\n')}\n`,
  );
  settings({});
  inState((state) => {
    for (const table of ['vote', 'pause', 'approval', 'study', 'incident']) state.database.exec(`DELETE FROM ${table}`);
    for (const table of ['countersignature', 'roster']) state.database.exec(`DELETE FROM ${table}`);
    saveMembership(state, membership);
    keepRosters(state, [first]);
    saveCountersignature(state, 0, Buffer.alloc(64));
    markCountersignatureSent(state, 0);
  });
});

function settings({ policy = '{ modes: [none] }', isPublic = false, at = coordinator, source = '{ type: csv, path: heart.csv }' }) {
  writeFileSync(
    join(root, 'site.yaml'),
    `site: a\ncoordinator: "${at}"\nstate: state\npopulations: { heart: {} }\npolicy: ${policy}\n` +
      `cohorts: { heart: { population: heart, public: ${isPublic}, source: ${source} } }\n`,
  );
}

function inState<T>(look: (state: SiteState) => T): T {
  const state = openState(join(root, 'state'));
  try {
    return look(state);
  } finally {
    state.close();
  }
}

async function run(args: string, { typed, signal = new AbortController().signal }: { typed?: string; signal?: AbortSignal } = {}) {
  const texts = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr') => new Writable({ write: (chunk, _, done) => ((texts[name] += String(chunk)), done()) });
  const stdin = Readable.from(typed === undefined ? [] : [`${typed}\n`]);
  const io = { stdin, stdout: into('stdout'), stderr: into('stderr'), interactive: typed !== undefined, signal, cwd: root, uid: 1000 };
  const code = await runCli(args.split(' '), io);
  return { code, ...texts };
}
const json = async (args: string) => {
  const { code, stdout } = await run(`--json ${args}`);
  return {
    code,
    ...(JSON.parse(stdout) as { schema: string; ok: boolean; data: Record<string, unknown>; error: { code: string; message: string } }),
  };
};

describe('consilium-site', () => {
  it('answers a command that it does not know with exit 2, the nearest name, and an envelope under --json', async () => {
    expect(await run('stats')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Did you mean status?') });
    expect(await json('stats')).toMatchObject({ code: 2, ok: false, error: { code: 'USAGE' } });
  });

  it('says an error as sentence and fix on stderr, and nothing on stdout', async () => {
    writeFileSync(join(root, 'site.yaml'), 'site: a\ncoordinato: x\n');
    const { code, stdout, stderr } = await run('config check');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('line 2: coordinato: unknown field (Did you mean "coordinator"?)');
    expect(stderr).toMatch(/^Fix: /m);
  });

  it('does not use keys or state that others can read', async () => {
    const { chmodSync } = await import('node:fs');
    chmodSync(join(root, 'state', 'keys', 'site', 'identity.key'), 0o640);
    expect(await json('study list')).toMatchObject({ code: 4, error: { code: 'KEY_FILE_MODE' } });
    chmodSync(join(root, 'state', 'keys', 'site', 'identity.key'), 0o600);
  });

  it('shows what it sent, what went wrong, and where it stands', async () => {
    await run('study list');
    const id = inState((state) => recordIncident(state, { code: 'DATA_UNREADABLE', detail: 'heart.csv cannot be opened' }));
    expect((await run(`incident show ${id}`)).stdout).toContain('heart.csv cannot be opened');
    expect(await json('incident show FFFFFF')).toMatchObject({ code: 2, error: { code: 'INCIDENT_UNKNOWN' } });
    expect(await json('egress show')).toMatchObject({
      ok: true,
      schema: 'consilium-site/egress-show/v1',
      data: { bytes: { ciphertext: 0 } },
    });
    expect(await json('ledger show heart')).toMatchObject({ code: 2, error: { code: 'LEDGER_UNKNOWN' } });
    expect(await json('ledger head ../heart')).toMatchObject({ code: 2, error: { code: 'LEDGER_UNKNOWN' } });
    expect((await run('roster show')).stdout).toContain(
      memberWords({ identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey }),
    );
    expect(await json('status')).toMatchObject({
      ok: true,
      data: { site: 'a', consortium: 'heart.example', running: false, studies: [{ name: 'heart-lr' }] },
    });
  });
});

describe('roster', () => {
  const newcomer = (name = 'b', fill = 2) => ({
    site: SiteName.parse(name),
    identityKey: Buffer.alloc(32, fill),
    sealingKey: Buffer.alloc(1216, fill),
  });
  const grow = (...members: ReturnType<typeof newcomer>[]) =>
    rosters.push(nextRoster('heart.example', rosters.at(-1), [self(), ...members]));
  const inForce = () => inState((state) => rosterInForce(state)?.epoch);

  it('marks what is new since this site countersigned, and uses none of it until then', async () => {
    grow(newcomer());
    const { stdout } = await run('roster show');
    expect(stdout).toContain('epoch 1, this site uses the keys of epoch 0');
    expect(stdout).toMatch(new RegExp(`^b  ${memberWords(newcomer())}  \\(new\\)$`, 'm'));
    expect(inForce()).toBe(0);
    expect(await json('roster show --offline')).toMatchObject({
      data: { epoch: 1, countersignedEpoch: 0, members: [{ change: null }, { change: 'new' }] },
    });
  });

  it('is countersigned once the words were compared, with a signature that the roster’s own key checks', async () => {
    grow(newcomer());
    grow(newcomer(), newcomer('c', 3));
    expect(await json('roster countersign')).toMatchObject({ code: 2, error: { code: 'NOT_CONFIRMED' } });
    expect(inForce()).toBe(0);
    const { code, stderr } = await run('roster countersign', { typed: 'heart.example' });
    expect([code, inForce()]).toEqual([0, 2]);
    expect(stderr).toContain(memberWords(newcomer('c', 3)));
    const [{ epoch, signature }] = countersigned as [CountersignRequest];
    expect(epoch).toBe(2);
    checkCountersignature(rosters[2] as Roster, SiteName.parse('a'), signature);
    expect(await json('roster countersign --yes')).toMatchObject({ ok: true, data: { epoch: 2, new: [] } });
    expect(countersigned).toHaveLength(1);
  });

  it('is confirmed first, before any later one can be countersigned', async () => {
    inState((state) => state.database.exec('DELETE FROM countersignature'));
    expect(await json('roster countersign --yes')).toMatchObject({ code: 5, error: { code: 'ROSTER_NOT_CONFIRMED' } });
    expect(await json('roster confirm --yes')).toMatchObject({ ok: true, data: { epoch: 0, new: ['a'] } });
    expect(await json('roster confirm --yes')).toMatchObject({ code: 2, error: { code: 'ROSTER_CONFIRMED' } });
  });

  it('that does not continue the one held here, is older, or has other keys for this site is refused: exit 6', async () => {
    grow(newcomer());
    await run('roster countersign --yes');
    for (const [chain, code] of [
      [
        [
          first,
          nextRoster('heart.example', undefined, []),
          { ...nextRoster('heart.example', rosters[1], [self()]), previousHash: Buffer.alloc(32, 1) },
        ],
        'ROSTER_CHAIN',
      ],
      [[first], 'ROSTER_OLDER'],
      [[first, rosters[1], nextRoster('heart.example', rosters[1], [{ ...self(), sealingKey: Buffer.alloc(1216, 9) }])], 'KEYS_DIFFER'],
      [[first, rosters[1], nextRoster('heart.example', rosters[1], [newcomer()])], 'NOT_ON_ROSTER'],
    ] as const) {
      rosters = chain as unknown as Roster[];
      expect(await json('roster countersign --yes')).toMatchObject({ code: 6, error: { code } });
      expect(inForce()).toBe(1);
    }
  });

  it('is signed here even while the coordinator is away, and says so', async () => {
    inState((state) => state.database.exec('DELETE FROM countersignature'));
    settings({ at: '127.0.0.1:1' });
    const { code, error } = await json('roster confirm --yes');
    expect([code, error.code, inForce()]).toEqual([3, 'COORDINATOR_UNREACHABLE', 0]);
    expect(error.message).toContain('countersigned and counts at this site');
    expect(inState(unsentCountersignature)).toMatchObject({ epoch: 0 });
  });
});

describe('study show', () => {
  it('says in plain words what would be signed and what would leave', async () => {
    const { code, stdout } = await run(`study show ${HASH.slice(0, 8)}`);
    expect(code).toBe(0);
    for (const words of [HASH, 'A test of approvals', 'a, b, c', '3 rounds', 'Mode none', 'encrypted contribution', 'waits for approval'])
      expect(stdout).toContain(words);
  });

  it('keeps nothing whose bytes are not what the hash stands for, or not what this version derives: exit 6', async () => {
    const oneByte = Buffer.from(SPECIFICATION);
    oneByte[oneByte.indexOf('A test')] = 'B'.charCodeAt(0);
    const derived = Buffer.from(SPECIFICATION.toString().replace('"parameterCount":2', '"parameterCount":3'));
    proposals = [
      { ...proposals[0]!, specification: oneByte },
      { ...proposals[0]!, study: studyHash(derived), specification: derived },
    ];
    expect(derived.equals(SPECIFICATION)).toBe(false);
    for (const hash of [HASH, studyHash(derived)])
      expect(await json(`study show ${hash.slice(0, 10)}`)).toMatchObject({ code: 6, error: { code: 'STUDY_ALTERED' } });
    expect(await json('study list')).toMatchObject({ code: 0, data: { studies: [], altered: [HASH, studyHash(derived)] } });
  });
});

describe('study approve', () => {
  const statementOf = ({ statement, signature }: SubmitRequest): Statement<'approval'> =>
    verifyStatement('approval', statement, signature, keys.identityPublicKey);

  it('signs with the identity key over the exact hash, keeps it, and hands it to the coordinator', async () => {
    const answer = await json(`study approve ${HASH} --release in-advance --until 2999-12-31 --yes`);
    expect(answer).toMatchObject({ code: 0, ok: true, data: { study: HASH, release: 'in-advance', delivered: true } });
    expect(statementOf(submitted[0]!)).toMatchObject({
      consortium: 'heart.example',
      site: 'a',
      study: HASH,
      decision: 'approve',
      until: '2999-12-31',
    });
    inState((state) => {
      expect(approvedStudy(state, HASH, { officers: [] }).study.name).toBe('heart-lr');
      expect(unsentApprovals(state)).toEqual([]);
      expect(() => approvedStudy(state, HASH, { officers: [], now: new Date('3000-01-01') })).toThrow(
        expect.objectContaining({ refusal: { code: 'APPROVAL_ENDED', fields: { why: 'expired' } } }),
      );
    });
  });

  it('needs the study’s name typed, or --yes', async () => {
    expect(await run(`study approve ${HASH}`)).toMatchObject({ code: 2, stderr: expect.stringContaining('NOT_CONFIRMED') });
    expect((await run(`study approve ${HASH}`, { typed: 'heart' })).code).toBe(2);
    expect(submitted).toEqual([]);
    const confirmed = await run(`study approve ${HASH}`, { typed: 'heart-lr' });
    expect(confirmed.code).toBe(0);
    expect(confirmed.stderr).toContain('What leaves this site');
    expect(submitted).toHaveLength(1);
  });

  it.each([
    ['a site’s own minimum of sites', { policy: '{ modes: [none], minSites: 4 }' }, 'POLICY_MIN_SITES'],
    ['a cohort smaller than the site allows', { policy: '{ modes: [none], minPatients: 31 }' }, 'COHORT_TOO_SMALL'],
  ] as const)('is refused by %s: exit 5, nothing signed', async (_, change, code) => {
    settings(change);
    expect(await json(`study approve ${HASH} --yes`)).toMatchObject({ code: 5, error: { code } });
    expect(submitted).toEqual([]);
    inState((state) => expect(unsentApprovals(state)).toEqual([]));
  });

  it('is refused where the data do not fit the schema, with counts and rows and no value (OPS-1)', async () => {
    writeFileSync(join(root, 'heart.csv'), `age,num,split\n${'50,1,train\n'.repeat(30)}CANARY 1931-07,1,train\n`);
    const { code, stdout, stderr } = await run(`study approve ${HASH} --yes`);
    expect(code).toBe(5);
    expect(stderr).toMatch(/COHORT_(RANGE|SCHEMA)/);
    expect(stderr + stdout).not.toMatch(/CANARY|1931-07/);
  });

  it('is refused for a study of other sites, a day that has passed, and a release rule that the study does not have', async () => {
    const others = specificationOf(STUDY.replace('[a, b, c]', '[b, c, d]').replace('approved-in-advance', 'threshold'));
    proposals.push({ ...proposals[0]!, study: studyHash(others), specification: others });
    expect(await json(`study approve ${studyHash(others)} --yes`)).toMatchObject({ code: 5, error: { code: 'STUDY_OF_OTHERS' } });
    expect(await json(`study approve ${studyHash(others)} --release in-advance --yes`)).toMatchObject({
      code: 2,
      error: { code: 'RELEASE_RULE' },
    });
    for (const day of ['2020-01-01', '2026-02-30', 'soon'])
      expect(await json(`study approve ${HASH} --until ${day} --yes`)).toMatchObject({ code: 2, error: { code: 'INVALID_DATE' } });
  });

  it('counts at the site, and is sent later, when the coordinator goes away: exit 3', async () => {
    await run('study list');
    settings({ at: '127.0.0.1:1' });
    const answer = await json(`study approve ${HASH} --yes`);
    expect(answer).toMatchObject({
      code: 3,
      error: { code: 'COORDINATOR_UNREACHABLE', message: expect.stringContaining('does not have it yet') },
    });
    inState((state) => {
      expect(unsentApprovals(state)).toHaveLength(1);
      expect(approvedStudy(state, HASH, { officers: [] }).study.name).toBe('heart-lr');
    });
    settings({});
    await run(`study approve ${HASH} --yes`);
    inState((state) => expect(unsentApprovals(state)).toEqual([]));
  });

  it('ends with study withdraw', async () => {
    await run(`study approve ${HASH} --yes`);
    expect((await run(`study withdraw ${HASH} --yes`)).code).toBe(0);
    expect(statementOf(withdrawn[0]!)).toMatchObject({ decision: 'withdraw', study: HASH });
    inState((state) =>
      expect(() => approvedStudy(state, HASH, { officers: [] })).toThrow(
        expect.objectContaining({ refusal: { code: 'APPROVAL_ENDED', fields: { why: 'withdrawn' } } }),
      ),
    );
  });
});

describe('an approved study', () => {
  it('is none without an approval, and stale when one byte of what was stored has changed', async () => {
    await run('study list');
    inState((state) =>
      expect(() => approvedStudy(state, HASH, { officers: [] })).toThrow(expect.objectContaining({ code: 'NOT_APPROVED' })),
    );
    await run(`study approve ${HASH} --yes`);
    inState((state) => {
      const altered = Buffer.from(SPECIFICATION);
      altered[20] = altered[20]! ^ 1;
      state.database.prepare('UPDATE study SET specification = ?').run(altered);
      expect(() => approvedStudy(state, HASH, { officers: [] })).toThrow(expect.objectContaining({ code: 'APPROVAL_STALE' }));
      expect(() => approvedStudy(state, StudyHash.parse('0'.repeat(64)), { officers: [] })).toThrow(
        expect.objectContaining({ code: 'NOT_APPROVED' }),
      );
    });
  });

  it('gets a vote on its release, which the running agent sends', async () => {
    await run('study list');
    expect(await json(`study release ${HASH} --yes`)).toMatchObject({ code: 5, error: { code: 'NOT_APPROVED' } });
    await run(`study approve ${HASH} --yes`);
    expect((await run(`study release ${HASH} --refuse --yes`)).stdout).toContain('running agent');
    inState((state) => expect(findVote(state, HASH)).toMatchObject({ vote: 'no' }));
    expect(await json(`model get ${HASH} -o ${join(root, 'out')}`)).toMatchObject({ code: 1, error: { code: 'MODEL_NOT_READY' } });
  });
});

describe('cohort check', () => {
  it('reports on the site’s own data by the schema of a study, proposed or in a file', async () => {
    writeFileSync(join(root, 'study.yaml'), STUDY);
    expect(await json('cohort check heart')).toMatchObject({ code: 2, error: { code: 'STUDY_NEEDED' } });
    expect((await run('cohort check heart --study study.yaml')).stdout).toContain('Cohort heart: accepted.');
    await run('study list');
    expect(await json('cohort check heart')).toMatchObject({ ok: true, data: { reports: [{ accepted: true, rows: 30 }] } });
    expect(await json('cohort check liver')).toMatchObject({ code: 5, error: { code: 'COHORT_UNKNOWN' } });
    settings({ policy: '{ modes: [none], minPatients: 31 }' });
    expect(await run('cohort check heart')).toMatchObject({ code: 5, stdout: expect.stringContaining('COHORT_TOO_SMALL') });
  });

  it('names the image files that cannot be used, and only where staff ask for it', async () => {
    const images = join(import.meta.dirname, '../../../test/cases/ing-7');
    settings({ source: `{ type: dicom, path: ${images}/images/*.dcm, labels: { path: ${images}/labels.csv }, key: { column: file } }` });
    const chest = STUDY.replace('num, positive: "> 0", range: [0, 4]', 'label, positive: "= 1"')
      .replace('age: { range: [18, 100], center: 54, scale: 9 }', 'image: { type: image, height: 8, width: 8, range: [0, 255] }')
      .replace('{ column: split, train: train, test: test }', '{ byPatient: { test: 0.25 } }');
    writeFileSync(join(root, 'chest.yaml'), chest);
    const asked = await run('cohort check heart --study chest.yaml --files');
    expect(asked).toMatchObject({ code: 5, stdout: expect.stringMatching(/file {2}\S+\/truncated\.dcm {2}image cut short/) });
    const report = await run('cohort check heart --study chest.yaml');
    expect(report).toMatchObject({ code: 5, stdout: expect.stringContaining('1  image cut short') });
    expect(report.stdout + report.stderr).not.toContain('.dcm');
  });
});

describe('run', () => {
  it('refuses --shadow unless every cohort is public: exit 5', async () => {
    expect(await json('run --shadow')).toMatchObject({ code: 5, error: { code: 'SHADOW_NOT_PUBLIC' } });
  });

  it('refuses a state directory on which another agent runs', async () => {
    const other = openState(join(root, 'state'), { exclusive: true });
    expect(await json('run')).toMatchObject({ code: 1, error: { code: 'STATE_IN_USE' } });
    expect((await run('roster show')).stdout).toContain(
      memberWords({ identityKey: keys.identityPublicKey, sealingKey: keys.sealingPublicKey }),
    );
    expect(await json('status')).toMatchObject({ ok: true, data: { running: true } });
    other.close();
  });

  it('ends in good order when it is told to, with 130 for a keyboard interrupt, and frees its state', async () => {
    settings({ isPublic: true });
    for (const [by, code] of [
      ['SIGTERM', 0],
      ['SIGINT', 130],
    ] as const) {
      const stop = new AbortController();
      const running = run('run --shadow', { signal: stop.signal });
      setTimeout(() => stop.abort(new Interrupted(by)), 300);
      const ended = await running;
      expect(ended.code).toBe(code);
      openState(join(root, 'state'), { exclusive: true }).close();
    }
  });
});
