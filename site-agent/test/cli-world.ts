import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  createCertificateAuthority,
  createCsr,
  createSiteKeys,
  issueServerCertificate,
  issueSiteCertificate,
  nextRoster,
  type SiteKeys,
} from '@consilium/identity';
import { SiteName, StudyHash, studyHash } from '@consilium/protocol';
import { ApprovalServiceService, RosterServiceService, type SubmitRequest } from '@consilium/protocol/wire';
import { runCli } from '../src/cli/index.js';
import { createState, keepRosters, openState, saveCountersignature, saveMembership, type SiteState } from '../src/state/index.js';

const CONSORTIUM = 'heart.example';

type Reply = (error: unknown, value: unknown) => void;
type Received = { readonly call: 'submit' | 'withdraw' | 'pause'; readonly request: SubmitRequest };

/** One site `a` with its state and data, its commands, and a coordinator that only proposes studies and takes decisions. */
export class CliWorld {
  readonly root = mkdtempSync(join(tmpdir(), 'desk-'));
  /** What the coordinator proposes. */
  readonly proposals: { study: string; specification: Buffer; proposedAt: string; approved: boolean }[] = [];
  /** What it got. */
  readonly received: Received[] = [];
  keys!: SiteKeys;
  readonly #server = new Server();
  #address = '';

  async start(): Promise<void> {
    const now = new Date();
    const ca = await createCertificateAuthority({ consortium: CONSORTIUM, now });
    const own = await issueServerCertificate({ ca, hosts: ['127.0.0.1'], now, days: 1 });
    const take =
      (call: Received['call']) =>
      ({ request }: ServerUnaryCall<SubmitRequest, unknown>, reply: Reply) => (this.received.push({ call, request }), reply(null, {}));
    const handlers = {
      pending: (_: unknown, reply: Reply) => reply(null, { proposals: this.proposals }),
      ...Object.fromEntries((['submit', 'withdraw', 'pause'] as const).map((name) => [name, take(name)])),
    };
    this.#server.addService(ApprovalServiceService, handlers as never);
    const get = (_: unknown, reply: Reply) => reply(null, { rosters: [], newestEpoch: 0, countersignatures: [] });
    this.#server.addService(RosterServiceService, { get } as never);
    const chain = [{ private_key: Buffer.from(own.privateKeyPem), cert_chain: Buffer.from(own.chainPem) }];
    const port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(Buffer.from(ca.certificatePem), chain, true), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    this.#address = `127.0.0.1:${port}`;
    createState(join(this.root, 'state'));
    this.keys = await createSiteKeys(join(this.root, 'state', 'keys', 'site'));
    const site = SiteName.parse('a');
    const csr = await createCsr(this.keys.transportKeyPem);
    const leaf = await issueSiteCertificate({ ca, csr, consortium: CONSORTIUM, site: 'a', now });
    const roster = nextRoster(CONSORTIUM, undefined, [
      { site, identityKey: this.keys.identityPublicKey, sealingKey: this.keys.sealingPublicKey },
    ]);
    this.inState((state) => {
      saveMembership(state, {
        consortium: CONSORTIUM,
        site,
        coordinator: this.#address,
        caPem: ca.certificatePem,
        certificatePem: leaf.pem,
        joinedAt: now.toISOString(),
      });
      keepRosters(state, [roster]);
      saveCountersignature(state, 0, Buffer.alloc(64));
    });
    this.settings();
  }

  stop(): void {
    this.#server.forceShutdown();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** @param away - nobody listens at the coordinator's address */
  settings({
    policy = '{ modes: [none] }',
    more = '',
    population = '{ privacy: { epsilonLimit: 5, delta: 1.0e-6 } }',
    away = false,
  } = {}): void {
    writeFileSync(
      join(this.root, 'site.yaml'),
      `site: a\ncoordinator: "${away ? '127.0.0.1:1' : this.#address}"\nstate: state\npopulations: { heart: ${population} }\npolicy: ${policy}\n` +
        `cohorts: { heart: { population: heart, source: { type: csv, path: heart.csv } } }\n${more}`,
    );
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.root, name), text);
  }

  /** @param specification - bytes that the coordinator proposes, under their own hash or another */
  propose(specification: Buffer, study = String(studyHash(specification))): StudyHash {
    this.proposals.push({ study, specification, proposedAt: new Date().toISOString(), approved: false });
    return StudyHash.parse(study);
  }

  inState<T>(look: (state: SiteState) => T): T {
    const state = openState(join(this.root, 'state'));
    try {
      return look(state);
    } finally {
      state.close();
    }
  }

  /** @param args - separated by single blanks, or one by one */
  async run(args: string | readonly string[], { typed, stdin }: { readonly typed?: string; readonly stdin?: string } = {}) {
    const texts = { stdout: '', stderr: '' };
    const into = (name: 'stdout' | 'stderr') => new Writable({ write: (chunk, _, done) => ((texts[name] += String(chunk)), done()) });
    const input = stdin ?? (typed === undefined ? undefined : `${typed}\n`);
    const code = await runCli(typeof args === 'string' ? args.split(' ') : args, {
      stdin: Readable.from(input === undefined ? [] : [Buffer.from(input)]),
      stdout: into('stdout'),
      stderr: into('stderr'),
      interactive: typed !== undefined,
      signal: new AbortController().signal,
      cwd: this.root,
      uid: 1000,
    });
    return { code, ...texts };
  }

  async json(args: string | readonly string[], input: { readonly stdin?: string } = {}) {
    const { code, stdout, stderr } = await this.run(['--json', ...(typeof args === 'string' ? args.split(' ') : args)], input);
    const envelope = JSON.parse(stdout) as {
      readonly ok: boolean;
      readonly data: Record<string, unknown>;
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly fix: string;
        readonly problems: readonly { path: string }[];
      };
    };
    return { code, stderr, ...envelope };
  }
}
