import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signStatement } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { ObjectKind, type UploadHeader } from '@consilium/protocol/wire';
import { parametersHash, sealParameters } from '@consilium/sealed-sum/parameters';
import { pino } from 'pino';
import { Spool } from '../../coordinator/src/aggregation/spool.js';
import { OpenStreams } from '../../coordinator/src/grpc/open-streams.js';
import { GrpcServer, type Services } from '../../coordinator/src/grpc/grpc-server.js';
import { SessionHub } from '../../coordinator/src/grpc/session-hub.js';
import { sessionService } from '../../coordinator/src/grpc/session-service.js';
import { transferService } from '../../coordinator/src/grpc/transfer-service.js';
import { UploadProgress } from '../../coordinator/src/grpc/upload-progress.js';
import { launched, testStudy, TestWorld } from '../../coordinator/src/rounds/builders.js';
import { StudyRunner } from '../../coordinator/src/rounds/study-runner.js';
import type { StudyEngine } from '../../coordinator/src/studies/study-engine.js';
import { openConnection, type Connection } from '../../site-agent/src/connection/index.js';
import { rawIdentityKey } from '../../libs/identity/src/ed25519.js';
import { ask } from '../../site-agent/src/rounds/ask-coordinator.js';
import type { FileToUpload, UploadCalls } from '../../site-agent/src/rounds/upload-file.js';
import { createState, openState } from '../../site-agent/src/state/index.js';
import { Relay, type LineQuality } from './relay.js';
import { CONSORTIUM, testIdentities, type TestIdentities } from './tls-identity.js';

/** The site at the far end of the line; the study's other three are next to the coordinator. */
export const SITE = 'd' as SiteName;

const never = new AbortController().signal;

/** An ended call at the coordinator: the method, how it ended, when. */
export interface EndedCall {
  readonly method: string;
  readonly code: string;
  readonly at: number;
}

/**
 * A site and its coordinator with a relay between them, in one process: the coordinator's own server, sessions,
 * transfers, spool and round machine; the agent's own connection, egress record included; real mutual TLS.
 */
export class TransferLine {
  readonly ended: EndedCall[] = [];
  /** Bytes of upload that the coordinator has taken, repeated ones too. */
  taken = 0;
  resumed = 0;
  readonly #onTaken: { readonly bytes: number; readonly act: () => void }[] = [];

  private constructor(
    readonly folder: string,
    /** Port of the coordinator, behind the relay. */
    readonly port: number,
    readonly identities: TestIdentities,
    readonly relay: Relay,
    readonly connection: Connection,
    readonly coordinator: Coordinator,
    private readonly identityKey: KeyObject,
    private readonly closing: (() => unknown)[],
  ) {}

  /**
   * @param options.study - a bundle may be of any length; a contribution has the length of its study's sum
   * @param options.stallMs - of the coordinator
   */
  static async open(options: LineOptions = { study: { kind: 'bundle' } }): Promise<TransferLine> {
    const { study, stallMs, ...quality } = options;
    const folder = await mkdtemp(join(tmpdir(), 'consilium-line-'));
    const identities = await testIdentities();
    const site = await identities.site(SITE);
    const { privateKey } = generateKeyPairSync('ed25519');
    const coordinator = coordinatorOf(study, join(folder, 'spool'));
    const services = servicesOf(coordinator, {
      fingerprint: site.fingerprint,
      identityKey: rawIdentityKey(createPublicKey(privateKey)),
      ended: (method, code) => line.ended.push({ method, code, at: performance.now() }),
      received: (bytes, resumed) => line.#tookIn(bytes, resumed),
      ...(stallMs === undefined ? {} : { stallMs }),
    });
    const server = new GrpcServer(services);
    const port = await server.listen('127.0.0.1', 0, identities.server);
    const relay = await Relay.open(port, quality);
    createState(join(folder, 'state'));
    const state = openState(join(folder, 'state'));
    const connection = openConnection(state, { coordinator: `127.0.0.1:${relay.port}`, caPem: identities.caPem, client: site });
    const line: TransferLine = new TransferLine(folder, port, identities, relay, connection, coordinator, privateKey, [
      () => rm(folder, { recursive: true, force: true }),
      () => server.close(),
      () => relay.close(),
      () => state.close(),
      () => connection.close(),
    ]);
    return line;
  }

  /** The calls of an upload, as the agent makes them. */
  get calls(): UploadCalls {
    const { transfer } = this.connection;
    return { offset: (request) => ask(transfer.offset, request, never), upload: transfer.upload };
  }

  /** Does `act` once, as soon as the coordinator has taken so many bytes. */
  whenTaken(bytes: number, act: () => void): void {
    this.#onTaken.push({ bytes, act });
  }

  #tookIn(bytes: number, resumed: boolean): void {
    this.taken += bytes;
    if (resumed) this.resumed += 1;
    for (const due of this.#onTaken.filter((waiting) => waiting.bytes <= this.taken)) {
      this.#onTaken.splice(this.#onTaken.indexOf(due), 1);
      due.act();
    }
  }

  /** A model of any length whose hash the site has signed, ready to be sent. */
  async bundle(bytes: number): Promise<FileToUpload> {
    const path = join(this.folder, `bundle-${bytes}`);
    const sha256 = await writePattern(path, bytes);
    const state = this.coordinator.runner.state;
    if (state.activity.phase !== 'releasing') throw new Error('the study is not being released');
    // Its statement, as `ReleaseService` would have taken it.
    (state.activity.bundles as Map<SiteName, string>).set(SITE, sha256.toString('hex'));
    return { path, header: this.#header(ObjectKind.OBJECT_KIND_BUNDLE, bytes, sha256), signature: Buffer.alloc(64) };
  }

  /** Bytes that pass for the site's contribution: the right header, and words below q that mean nothing. */
  async contribution(): Promise<FileToUpload> {
    const { train } = this.coordinator.runner.state.study.derived.sums;
    const path = join(this.folder, 'contribution');
    const head = Buffer.alloc(56);
    head.write('CNSLSUMU', 0, 'latin1');
    head.writeUInt32LE(1, 8);
    head.write(parametersHash(train), 16, 'hex');
    head.writeBigUInt64LE(BigInt(train.blocks), 48);
    return this.contributionOf(path, {
      bytes: train.uploadBytes,
      sha256: (await writePattern(path, train.uploadBytes, head)).toString('hex'),
    });
  }

  /** A sealed file as the site's contribution to the round, signed. */
  contributionOf(path: string, { bytes, sha256 }: { readonly bytes: number; readonly sha256: string }): FileToUpload {
    const place = { study: this.coordinator.runner.state.hash, site: SITE, keyEpoch: 0, round: 1, attempt: 0 };
    const { signature } = signStatement('upload', { consortium: CONSORTIUM, ...place, bytes, sha256 }, this.identityKey);
    return { path, header: this.#header(ObjectKind.OBJECT_KIND_CONTRIBUTION, bytes, Buffer.from(sha256, 'hex')), signature };
  }

  #header(kind: ObjectKind, bytes: number, sha256: Buffer): Omit<UploadHeader, 'offset'> {
    const contribution = kind === ObjectKind.OBJECT_KIND_CONTRIBUTION;
    return {
      study: this.coordinator.runner.state.hash,
      kind,
      keyEpoch: 0,
      round: contribution ? 1 : 0,
      attempt: 0,
      parameters: contribution ? parametersHash(this.coordinator.runner.state.study.derived.sums.train) : '',
      length: BigInt(bytes),
      sha256,
    };
  }

  /** Where the model lands. */
  get spooled(): string {
    const { spool, runner } = this.coordinator;
    return spool.pathOf({ kind: 'bundle', study: runner.state.hash });
  }

  /** Codes with which calls of a method have ended at the coordinator. */
  codes(method: string): readonly string[] {
    return this.ended.filter((call) => call.method === method).map(({ code }) => code);
  }

  async close(): Promise<void> {
    for (const close of this.closing.splice(0).reverse()) await close();
  }
}

interface Coordinator {
  readonly spool: Spool;
  readonly hub: SessionHub;
  readonly progress: UploadProgress;
  readonly runner: StudyRunner;
}

function coordinatorOf(study: Expectation, spool: string): Coordinator {
  const world = worldOf(study);
  const runner = new StudyRunner({
    state: world.state,
    record: { append: async () => undefined },
    world: () => world.world,
    changed: () => undefined,
  });
  return { spool: new Spool(spool), hub: new SessionHub(), progress: new UploadProgress(), runner };
}

interface Ears {
  readonly fingerprint: string;
  readonly identityKey: Buffer;
  readonly ended: (method: string, code: string) => void;
  readonly received: (bytes: number, resumed: boolean) => void;
  readonly stallMs?: number;
}

/** The services that a transfer needs, over one study. */
function servicesOf(
  { spool, hub, progress, runner }: Coordinator,
  { fingerprint, identityKey, ended, received, ...limits }: Ears,
): Services {
  const engine = {
    state: () => runner.state,
    submit: (_: string, propose: Parameters<StudyRunner['submit']>[0]) => runner.submit(propose),
  } as unknown as StudyEngine;
  const context = {
    lookup: async (seen: string) => (seen === fingerprint ? SITE : undefined),
    log: pino({ level: 'silent' }),
    streams: new OpenStreams(),
    observed: ended,
  };
  const common = { context, engine, consortium: CONSORTIUM };
  const none = {} as never;
  return {
    transfer: transferService({ ...common, spool, progress, keyOf: async () => identityKey, received, ...limits }),
    session: sessionService({
      tightenings: { opened: async () => undefined, take: async () => undefined },
      ...common,
      hub,
      rosterEpoch: async () => 0,
      caSha256: () => Buffer.alloc(32),
      seen: async () => undefined,
      refused: () => undefined,
    }),
    enrolment: none,
    roster: none,
    approval: none,
    round: none,
    relay: none,
    ledger: none,
    release: none,
  };
}

export interface LineOptions extends LineQuality {
  readonly study: Expectation;
  readonly stallMs?: number;
}

/** What the study is waiting for. */
export type Expectation = { readonly kind: 'bundle' } | { readonly kind: 'contribution'; readonly parameters: number };

function worldOf(expectation: Expectation): TestWorld {
  const study = testStudy();
  if (expectation.kind === 'bundle') {
    const world = launched(new TestWorld(study));
    const activity = {
      phase: 'releasing',
      since: world.state.proposedAt,
      votes: new Map(),
      bundles: new Map(),
      received: undefined,
    } as const;
    world.state = { ...world.state, activity };
    return world;
  }
  const sum = sealParameters({ sites: 4, updateLength: expectation.parameters, updateRange: 1, maxWeight: 1_000, counts: [] });
  return launched(new TestWorld({ ...study, derived: { ...study.derived, sums: { train: sum, evaluate: sum } } }));
}

const MIB = 2 ** 20;

/** Repeats a MiB of words below 2^48, a piece at a time. @returns its SHA-256 */
async function writePattern(path: string, bytes: number, head = Buffer.alloc(0)): Promise<Buffer> {
  const piece = Buffer.alloc(MIB);
  for (let at = 0; at < MIB; at += 8) piece.writeUIntLE((at * 2_654_435_761) % 2 ** 48, at, 6);
  const hash = createHash('sha256');
  const file = await open(path, 'w', 0o600);
  try {
    for (let at = 0; at < bytes;) {
      const next = at === 0 && head.length > 0 ? head : piece.subarray(0, Math.min(MIB, bytes - at));
      hash.update(next);
      await file.write(next);
      at += next.length;
    }
  } finally {
    await file.close();
  }
  return hash.digest();
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
