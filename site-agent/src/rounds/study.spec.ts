import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Server, ServerCredentials, type ServerReadableStream, type ServerWritableStream } from '@grpc/grpc-js';
import { createSiteKeys, signStatement, type SiteKeys } from '@consilium/identity';
import {
  ConsiliumError,
  parseYaml,
  resolveStudy,
  SiteName,
  STATEMENTS,
  StudyFile,
  studyHash,
  studySpecification,
  type StudyHash,
} from '@consilium/protocol';
import {
  RelayServiceClient,
  RelayServiceService,
  ReleaseServiceClient,
  ReleaseServiceService,
  RosterServiceClient,
  RosterServiceService,
  RoundKind,
  RoundServiceClient,
  RoundServiceService,
  toGrpcError,
  TransferServiceClient,
  TransferServiceService,
  type Apply,
  type Assignment,
  type ConfirmRequest,
  type Contribute,
  type DownloadRequest,
  type DownloadResponse,
  type OffsetRequest,
  type PostRequest,
  type SealedBox,
  type SignedState,
  type UploadHeader,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';
import { createFolder } from '@consilium/sealed-sum/fold';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig, type SiteConfig } from '../config/index.js';
import type { Connection } from '../connection/index.js';
import { enterStudy } from '../session/enter-study.js';
import { createState, openState, saveApproval, saveMembership, storeStudy, type SiteState } from '../state/index.js';
import { Workbench } from '../training/workbench.js';
import { act } from './act.js';
import type { Site } from './study-at-site.js';

const CONSORTIUM = 'test.example';
const NAMES = ['a', 'b', 'c'].map((name) => SiteName.parse(name));
const never = new AbortController().signal;

const STUDY = `
apiVersion: consilium/v1
kind: Study
name: heart-lr
purpose: A test
cohort:
  name: heart
  outcome: { column: num, positive: "> 0", range: [0, 4] }
  inputs:
    age: { range: [18, 100], center: 54, scale: 9 }
    sex: { levels: [0, 1] }
  split: { column: split, train: train, test: test }
model: { type: logistic-regression, l2: 0.01 }
algorithm: { name: fedadam, rounds: 2, localSteps: 3, batchSize: full, learningRate: 0.05, maxWeight: 100 }
privacy: { mode: none }
sites: { names: [a, b, c], mandatory: [b] }
release: { when: approved-in-advance }
`;
const study = resolveStudy(parseYaml(STUDY, StudyFile, 'study'), sealParameters);
const specification = studySpecification(study);
const hash: StudyHash = studyHash(specification);

/** Relays and adds, as the coordinator does, and remembers what every site said. */
class Relay {
  readonly folder = mkdtempSync(join(tmpdir(), 'relay-'));
  readonly boxes: SealedBox[] = [];
  readonly confirmed = new Map<string, ConfirmRequest>();
  readonly agreed = new Map<string, SignedState>();
  readonly totals = new Map<string, string>();
  readonly votes = new Map<string, unknown>();
  readonly uploads = new Map<string, { readonly header: UploadHeader; readonly signature: Buffer }>();
  readonly received: Buffer[] = [];
  fold = Buffer.alloc(0);
  tooLate = false;
  streams = 0;
  readonly server = new Server();

  async start(): Promise<number> {
    type Unary<Q> = (call: { request: Q }, callback: (error: unknown, value?: unknown) => void) => void;
    const unary =
      <Q>(work: (request: Q) => object): Unary<Q> =>
      ({ request }, callback) =>
        callback(null, work(request));
    const add = (service: object, methods: object) => this.server.addService(service as never, methods as never);
    add(RosterServiceService, { get: unary(() => ({ roster: undefined })) });
    add(RelayServiceService, {
      post: unary(({ boxes }: PostRequest) => (this.boxes.push(...boxes), {})),
      take: unary(() => ({ boxes: this.boxes })),
    });
    add(RoundServiceService, {
      confirm: unary((request: ConfirmRequest) => (this.confirmed.set(request.state?.site ?? '', request), {})),
      agree: unary(({ state }: { state: SignedState }) => (this.agreed.set(state.site, state), {})),
    });
    add(ReleaseServiceService, {
      metrics: unary(({ statement }: { statement: Buffer }) => {
        const { site, totals } = STATEMENTS.metrics.parse(JSON.parse(statement.toString()));
        this.totals.set(site, JSON.stringify(totals));
        return {};
      }),
      sign: unary(({ statement }: { statement: Buffer }) => {
        const said = JSON.parse(statement.toString()) as { readonly site: string };
        this.votes.set(said.site, said);
        return {};
      }),
    });
    add(TransferServiceService, {
      offset: unary(({ header }: OffsetRequest) => ({ offset: 0n, complete: this.uploads.has(this.#nameOf(header)) })),
      upload: (call: ServerReadableStream<UploadRequest, UploadResponse>, callback: (error: unknown, value?: UploadResponse) => void) =>
        void this.#take(call, callback),
      download: (call: ServerWritableStream<DownloadRequest, DownloadResponse>) => {
        this.received.push(this.fold);
        call.write({ chunk: this.fold.subarray(Number(call.request.offset)) });
        call.end();
      },
    });
    return new Promise((resolve, reject) =>
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
    );
  }

  #nameOf(header: UploadHeader | undefined): string {
    return header ? header.sha256.toString('hex') : '';
  }

  async #take(call: ServerReadableStream<UploadRequest, UploadResponse>, callback: (error: unknown, value?: UploadResponse) => void) {
    this.streams += 1;
    let header: UploadHeader | undefined;
    const chunks: Buffer[] = [];
    for await (const { body } of call as AsyncIterable<UploadRequest>) {
      if (body?.$case === 'header') header = body.value;
      if (this.tooLate)
        return callback(toGrpcError(new ConsiliumError({ code: 'TOO_LATE', errorClass: 'refused', message: 'Closed.', fix: 'None.' })));
      if (body?.$case === 'chunk') chunks.push(body.value);
      if (body?.$case === 'commit' && header) {
        writeFileSync(join(this.folder, this.#nameOf(header)), Buffer.concat(chunks));
        this.uploads.set(this.#nameOf(header), { header, signature: body.value.signature });
        return callback(null, { length: header.length });
      }
    }
  }

  path(sha256: string): string {
    return join(this.folder, sha256);
  }

  stop(): void {
    this.server.forceShutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface TestSite {
  readonly name: SiteName;
  readonly root: string;
  readonly keys: SiteKeys;
  readonly config: SiteConfig;
  state: SiteState;
  site: Site;
}

let relay: Relay;
let port: number;
const folder = createFolder({ threads: 1 });
const sites = new Map<SiteName, TestSite>();
const at = (name: string): TestSite => sites.get(SiteName.parse(name)) as TestSite;

/** The services that a study uses, over a plain channel; methods keep their client, as those of a `Connection` do. */
function connectionTo(address: string): Connection {
  const clients = [RosterServiceClient, RelayServiceClient, RoundServiceClient, TransferServiceClient, ReleaseServiceClient].map(
    (Client) => new Client(address, credentials.createInsecure()),
  );
  const [roster, relayed, round, transfer, release] = clients.map(
    (client) => new Proxy(client, { get: (target, name) => (Reflect.get(target, name) as () => unknown).bind(target) }),
  );
  return {
    roster,
    relay: relayed,
    round,
    transfer,
    release,
    close: () => clients.forEach((client) => client.close()),
  } as unknown as Connection;
}

function openSite(world: Omit<TestSite, 'state' | 'site'>): TestSite {
  const state = openState(join(world.root, 'state'));
  const site: Site = {
    consortium: CONSORTIUM,
    name: world.name,
    state,
    connection: connectionTo(`127.0.0.1:${port}`),
    sign: (kind, statement) => signStatement(kind, statement, world.keys.identityKey),
    sealingKey: world.keys.sealingKey,
    workbench: new Workbench(),
    shadow: true,
  };
  return { ...world, state, site };
}

/** The agent ends and starts again on the same directory. */
async function restart(name: string): Promise<void> {
  const before = at(name);
  await before.site.workbench.close();
  before.site.connection.close();
  before.state.close();
  sites.set(before.name, openSite(before));
}

function table(site: number): string {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const age = 30 + ((row * 7 + site * 13) % 50);
    return `${age},${row % 2},${age + (row % 2) * 10 > 60 ? 1 : 0},${row % 3 === 0 ? 'test' : 'train'}`;
  });
  return ['age,sex,num,split', ...rows].join('\n');
}

async function newSite(name: SiteName, index: number): Promise<Omit<TestSite, 'state' | 'site'>> {
  const root = mkdtempSync(join(tmpdir(), `site-${name}-`));
  createState(join(root, 'state'));
  rmSync(join(root, 'state', 'keys'), { recursive: true });
  const keys = await createSiteKeys(join(root, 'state', 'keys'));
  writeFileSync(join(root, 'heart.csv'), table(index));
  const config = parseConfig(
    `site: ${name}
coordinator: localhost:1
state: state
populations: { heart: {} }
cohorts: { heart: { population: heart, public: true, source: { type: csv, path: heart.csv } } }
policy: { minPatients: 10 }
`,
    join(root, 'site.yaml'),
  );
  return { name, root, keys, config };
}

function admit({ name, root, keys }: Omit<TestSite, 'state' | 'site'>, members: readonly Omit<TestSite, 'state' | 'site'>[]): void {
  const state = openState(join(root, 'state'));
  saveMembership(state, {
    consortium: CONSORTIUM,
    site: name,
    coordinator: 'localhost:1',
    caPem: '',
    certificatePem: '',
    roster: {
      consortium: CONSORTIUM,
      epoch: 0,
      members: members.map((member) => ({
        site: member.name,
        identityKey: member.keys.identityPublicKey.toString('hex'),
        sealingKey: member.keys.sealingPublicKey.toString('hex'),
      })),
    },
    joinedAt: new Date().toISOString(),
  });
  storeStudy(state, specification);
  const approval = {
    consortium: CONSORTIUM,
    study: hash,
    site: name,
    decision: 'approve' as const,
    release: 'in-advance' as const,
    until: null,
    agentVersion: '0.1.0',
    signedAt: new Date().toISOString(),
  };
  saveApproval(state, approval, signStatement('approval', approval, keys.identityKey).signature);
  state.close();
}

const folderOf = (name: string) => at(name).state.studyDirectory(hash);

async function perform(name: string, task: NonNullable<Assignment['task']>): Promise<void> {
  const { site, config } = at(name);
  const enter = (wanted: StudyHash) => enterStudy(site, config, wanted, () => undefined);
  await act(site, enter, { study: hash, sequence: 1n, task }, never);
}

const everywhere = (task: (name: string) => NonNullable<Assignment['task']>) => Promise.all(NAMES.map((name) => perform(name, task(name))));

function contributeTask(round: number, attempt: number, change: Partial<Contribute> = {}): NonNullable<Assignment['task']> {
  const state =
    round === 1 ? [...relay.confirmed.values()].flatMap(({ state: signed }) => (signed ? [signed] : [])) : [...relay.agreed.values()];
  const kind = round > 2 ? RoundKind.ROUND_KIND_EVALUATE : RoundKind.ROUND_KIND_TRAIN;
  const value = { keyEpoch: 0, round, attempt, kind, deadline: '', participants: [...NAMES], state, ...change };
  return { $case: 'contribute', value };
}

function uploadOf(name: string, round: number, attempt: number): { readonly sha256: string; readonly signature: Buffer } {
  for (const [sha256, { header, signature }] of relay.uploads) {
    const own = at(name).state.database.prepare('SELECT sha256 FROM study_upload WHERE round = ? AND attempt = ?').get(round, attempt);
    if (header.round === round && header.attempt === attempt && own?.['sha256'] === sha256) return { sha256, signature };
  }
  throw new Error(`no upload of ${name}`);
}

async function applyTask(
  round: number,
  attempt: number,
  change: Partial<Apply> = {},
): Promise<Extract<NonNullable<Assignment['task']>, { $case: 'apply' }>> {
  const kind = round > 2 ? RoundKind.ROUND_KIND_EVALUATE : RoundKind.ROUND_KIND_TRAIN;
  const parameters = study.derived.sums[round > 2 ? 'evaluate' : 'train'];
  const uploads = NAMES.map((site) => ({ site, ...uploadOf(site, round, attempt) }));
  const path = join(relay.folder, `fold-${round}-${attempt}`);
  const { bytes, sha256 } = await folder.fold({
    parameters,
    keyEpoch: 0,
    uploads: uploads.map((upload) => relay.path(upload.sha256)),
    output: path,
  });
  relay.fold = readFileSync(path);
  const contributors = uploads.map((upload) => ({
    site: upload.site,
    uploadBytes: BigInt(parameters.uploadBytes),
    uploadSha256: Buffer.from(upload.sha256, 'hex'),
    signature: upload.signature,
  }));
  const fold = { foldBytes: BigInt(bytes), foldSha256: Buffer.from(sha256, 'hex') };
  return { $case: 'apply', value: { keyEpoch: 0, round, attempt, kind, contributors, ...fold, participants: [...NAMES], ...change } };
}

const digestOf = (name: string, round: number) =>
  at(name).state.database.prepare('SELECT digest FROM study_state WHERE round = ?').get(round)?.['digest'];

beforeAll(async () => {
  relay = new Relay();
  port = await relay.start();
  const worlds = await Promise.all(NAMES.map((name, index) => newSite(name, index)));
  for (const world of worlds) admit(world, worlds);
  for (const world of worlds) sites.set(world.name, openSite(world));
});

afterAll(async () => {
  await folder.close();
  for (const { site, state, root } of sites.values()) {
    await site.workbench.close();
    site.connection.close();
    state.close();
    rmSync(root, { recursive: true, force: true });
  }
  relay.stop();
});

/** One study from its keys to its end; each test goes on where the one before stopped. */
describe('a study at three sites', () => {
  it('gets its keys from the steward, and every site confirms the same keys and the same initial state', async () => {
    await Promise.all([
      perform('b', { $case: 'takeKeys', value: { keyEpoch: 0, steward: 'a' } }),
      perform('c', { $case: 'takeKeys', value: { keyEpoch: 0, steward: 'a' } }),
      perform('a', { $case: 'makeKeys', value: { keyEpoch: 0 } }),
    ]);
    const said = [...relay.confirmed.values()];
    expect(said).toHaveLength(3);
    expect(new Set(said.map(({ have }) => have.toString('hex'))).size).toBe(1);
    expect(new Set(said.map(({ state }) => state?.stateHmac.toString('hex'))).size).toBe(1);
    expect(statSync(join(folderOf('c'), 'keys', 'epoch-0')).mode & 0o777).toBe(0o600);
  });

  it('keeps its keys when the steward is asked again', async () => {
    const have = relay.confirmed.get('a')?.have;
    await restart('a');
    await perform('a', { $case: 'makeKeys', value: { keyEpoch: 0 } });
    expect(relay.confirmed.get('a')?.have).toEqual(have);
  });

  it('refuses a box that somebody other than the steward signed', async () => {
    const [box] = relay.boxes.filter(({ to }) => to === 'b');
    const kept = relay.boxes.splice(0);
    relay.boxes.push({ ...(box as SealedBox), signature: Buffer.alloc(64, 1) });
    await expect(perform('b', { $case: 'takeKeys', value: { keyEpoch: 1, steward: 'a' } })).rejects.toMatchObject({ code: 'BOX_REFUSED' });
    relay.boxes.splice(0, 1, ...kept);
    // Made for epoch 0: another epoch is another context.
    await expect(perform('b', { $case: 'takeKeys', value: { keyEpoch: 1, steward: 'a' } })).rejects.toMatchObject({ code: 'BOX_REFUSED' });
    expect(existsSync(join(folderOf('b'), 'keys', 'epoch-1'))).toBe(false);
  });

  it('starts no round that the study does not have, without itself, with too few, or under keys it does not hold', async () => {
    await expect(perform('a', contributeTask(1, 0, { kind: RoundKind.ROUND_KIND_EVALUATE }))).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_REFUSED',
    });
    await expect(perform('a', contributeTask(1, 0, { participants: ['b', 'c'] }))).rejects.toMatchObject({ code: 'ANNOUNCEMENT_REFUSED' });
    await expect(perform('a', contributeTask(1, 0, { participants: ['a', 'b'] }))).rejects.toThrow(/never goes below 3/);
    await expect(perform('a', contributeTask(1, 0, { keyEpoch: 4 }))).rejects.toMatchObject({
      refusal: { code: 'KEY_EPOCH', fields: { have: '0', need: '4' } },
    });
  });

  it('starts only when t valid signatures hold its own state', async () => {
    const states = [...relay.confirmed.values()].flatMap(({ state }) => (state ? [state] : []));
    const [first, second, third] = states as [SignedState, SignedState, SignedState];
    for (const state of [
      [first, second],
      [first, first, second],
      [first, second, { ...third, signature: first.signature }],
    ])
      await expect(perform('a', contributeTask(1, 0, { state }))).rejects.toMatchObject({ code: 'OUT_OF_STEP' });
    expect(relay.streams).toBe(0);
  });

  it('seals once: a restart and a second request send the same bytes, or nothing', async () => {
    await perform('a', contributeTask(1, 0));
    const { sha256 } = uploadOf('a', 1, 0);
    const { streams } = relay;
    await restart('a');
    await perform('a', contributeTask(1, 0));
    expect(relay.streams).toBe(streams);
    expect(uploadOf('a', 1, 0).sha256).toBe(sha256);
    relay.uploads.clear();
    await perform('a', contributeTask(1, 0));
    expect(uploadOf('a', 1, 0).sha256).toBe(sha256);
  });

  it('contributes the same integers in another attempt of the round', async () => {
    await perform('a', contributeTask(1, 1));
    const packed = (attempt: number) => readFileSync(join(at('a').root, 'state', 'shadow', hash, `1-${attempt}.json`), 'utf8');
    expect(packed(1)).toBe(packed(0));
    expect(uploadOf('a', 1, 1).sha256).not.toBe(uploadOf('a', 1, 0).sha256);
  });

  it('takes it quietly when the round was closed before its upload', async () => {
    relay.tooLate = true;
    await perform('b', contributeTask(1, 0));
    relay.tooLate = false;
    const { streams } = relay;
    await perform('b', contributeTask(1, 0));
    expect(relay.streams).toBe(streams);
  });

  it('opens no sum whose list is not signed, lacks a mandatory site, or differs from its own upload', async () => {
    await Promise.all([perform('b', contributeTask(1, 1)), perform('c', contributeTask(1, 1))]);
    const task = await applyTask(1, 1);
    const [a, b, c] = task.value.contributors as [Apply['contributors'][0], Apply['contributors'][0], Apply['contributors'][0]];
    const withList = (contributors: Apply['contributors']) => ({ ...task, value: { ...task.value, contributors } });
    await expect(perform('c', withList([a, b, { ...c, signature: b.signature }]))).rejects.toThrow(/signature of c/);
    await expect(perform('c', withList([a, { ...b, uploadSha256: a.uploadSha256 }, c]))).rejects.toThrow(/signature of b/);
    await expect(perform('c', withList([a, c]))).rejects.toThrow(/2 contributors/);
    await expect(perform('c', withList([a, b, b]))).rejects.toThrow(/names a site twice/);
    await expect(perform('c', { ...task, value: { ...task.value, participants: ['b', 'c'] } })).rejects.toThrow(/a was not asked/);
    at('c').state.database.prepare("UPDATE study_upload SET sha256 = '0' WHERE round = 1 AND attempt = 1").run();
    await expect(perform('c', task)).rejects.toThrow(/a contribution of this site that it did not make/);
    at('c')
      .state.database.prepare('UPDATE study_upload SET sha256 = ? WHERE round = 1 AND attempt = 1')
      .run(c.uploadSha256.toString('hex'));
    expect(relay.received).toHaveLength(0);
  });

  it('refuses a sum that is not the announced one', async () => {
    const task = await applyTask(1, 1);
    relay.fold = Buffer.from(relay.fold);
    relay.fold[5_000] = (relay.fold[5_000] ?? 0) ^ 1;
    await expect(perform('c', task)).rejects.toMatchObject({ code: 'DOWNLOAD_ALTERED' });
    expect(relay.agreed.size).toBe(0);
  });

  it('answers an altered sum of the announced digest with SUM_CHECK and keeps its state', async () => {
    const task = await applyTask(1, 1);
    relay.fold = Buffer.from(relay.fold);
    // A high byte of a coefficient: a low one would drown in the noise that decryption takes away.
    relay.fold[5_006] = (relay.fold[5_006] ?? 0) ^ 1;
    const foldSha256 = createHash('sha256').update(relay.fold).digest();
    await perform('c', { ...task, value: { ...task.value, foldSha256 } });
    expect(relay.agreed.get('c')?.stateHmac).toHaveLength(0);
    expect(digestOf('c', 1)).toBeUndefined();
    relay.agreed.clear();
  });

  it('reaches the same state everywhere from an exact sum', async () => {
    await everywhere(() => contributeTask(1, 2));
    const task = await applyTask(1, 2);
    await everywhere(() => task);
    expect(new Set(NAMES.map((name) => digestOf(name, 1))).size).toBe(1);
    expect(new Set([...relay.agreed.values()].map(({ stateHmac }) => stateHmac.toString('hex'))).size).toBe(1);
    const shadow = (name: string, file: string) =>
      (JSON.parse(readFileSync(join(at(name).root, 'state', 'shadow', hash, file), 'utf8')) as { lanes: number[] }).lanes;
    const packed = NAMES.map((name) => shadow(name, '1-2.json'));
    const sum = packed[0]?.map((_, lane) => packed.reduce((total, lanes) => total + (lanes[lane] ?? 0), 0));
    for (const name of NAMES) expect(shadow(name, '1-2.sum.json')).toEqual(sum);
  });

  it('signs the same totals, all of them together', () => {
    expect(relay.totals.size).toBe(3);
    expect(new Set(relay.totals.values()).size).toBe(1);
    const totals = JSON.parse(relay.totals.get('a') ?? '') as Record<string, string>;
    expect(totals).toMatchObject({ contributors: '3', trainPatients: '120', testPatients: '60' });
  });

  it('gives the same answer when it is asked again about a round that it has applied', async () => {
    const before = relay.agreed.get('b');
    relay.agreed.delete('b');
    await restart('b');
    await perform('b', await applyTask(1, 2));
    expect(relay.agreed.get('b')).toEqual(before);
  });

  it('deletes what a finished round no longer needs', () => {
    expect(readdirSync(folderOf('a')).filter((file) => /\.(lanes|upload|fold)/.test(file))).toEqual([]);
  });

  it('refuses to go on with data that changed, and goes on when they are put back', async () => {
    const path = join(at('c').root, 'heart.csv');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, `${before}\n40,1,0,train`);
    await restart('c');
    await expect(perform('c', contributeTask(2, 0))).rejects.toMatchObject({ refusal: { code: 'DATA_CHANGED' } });
    writeFileSync(path, before);
    await perform('c', contributeTask(2, 0));
  });

  it('does not apply a round that does not follow its own', async () => {
    const task = await applyTask(1, 2);
    await expect(perform('a', { ...task, value: { ...task.value, round: 3, kind: RoundKind.ROUND_KIND_EVALUATE } })).rejects.toMatchObject({
      code: 'OUT_OF_STEP',
    });
  });

  it('ends with a round that only evaluates and leaves the state as it is', async () => {
    for (const round of [2, 3]) {
      await everywhere(() => contributeTask(round, 0));
      const task = await applyTask(round, 0);
      await everywhere(() => task);
    }
    expect(digestOf('a', 3)).toBe(digestOf('a', 2));
    expect(digestOf('a', 2)).not.toBe(digestOf('a', 1));
    const results = JSON.parse(readFileSync(join(folderOf('a'), 'results.json'), 'utf8')) as Record<string, number>[];
    expect(results.map(({ round }) => round)).toEqual([0, 1, 2]);
    expect(results[2]).toMatchObject({ trainPatients: 40, testPatients: 20 });
    expect(results[2]?.['accuracy']).toBeGreaterThan(0.5);
  });

  it('votes as the approval allowed in advance, over one and the same bundle', async () => {
    await everywhere(() => ({ $case: 'vote', value: { round: 3 } }));
    const votes = [...relay.votes.values()] as { readonly vote: string; readonly bundleHmac: string }[];
    expect(votes.map(({ vote }) => vote)).toEqual(['yes', 'yes', 'yes']);
    expect(new Set(votes.map(({ bundleHmac }) => bundleHmac)).size).toBe(1);
  });

  it('hands over the bundle that it signed', async () => {
    await perform('b', { $case: 'uploadBundle', value: { round: 3, send: true } });
    const { sha256 } = relay.votes.get('b') as { readonly sha256: string };
    expect(readFileSync(relay.path(sha256))).toEqual(readFileSync(join(folderOf('c'), 'bundle.json')));
  });

  it('deletes the keys at its end and keeps model and results', async () => {
    await perform('a', { $case: 'end', value: { outcome: 'done' } });
    expect(readdirSync(folderOf('a')).sort()).toEqual(['bundle.json', 'results.json', 'state-3']);
    await perform('a', { $case: 'end', value: { outcome: 'done' } });
  });
});
