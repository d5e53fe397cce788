import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, InterceptingCall, type Client } from '@grpc/grpc-js';
import { attemptTranscript, createSiteKeys, identitySigner, nextRoster, signStatement, type SiteKeys } from '@consilium/identity';
import {
  listDigest,
  membersDigest,
  graphSeed,
  parseYaml,
  resolveStudy,
  seatsDigest,
  SiteName,
  StudyFile,
  studyHash,
  studySpecification,
  unmaskDigest,
  type MaskRules,
  type ResolvedStudy,
  type StudyHash,
} from '@consilium/protocol';
import {
  LedgerServiceClient,
  RelayServiceClient,
  ReleaseServiceClient,
  RoundKind,
  RoundServiceClient,
  TransferServiceClient,
  type AdvertiseRequest,
  type Apply,
  type Assignment,
  type Contribute,
  type HoldShares,
  type Recollection,
  type ReleasedShare,
  type RevealRequest,
  type SeatAdvert,
  type ShareRequest,
  type ShareRoot,
  type SignFoldRequest,
  type SignList,
  type SignListRequest,
  type SiteSignature,
  type UnmaskMessage,
  type UnmaskRequest,
  type WitnessAnswer,
} from '@consilium/protocol/wire';
import { boxProofs, combineShares, droppedMasks, needsSeed, shareGraph, shareRoot, type ShareGraph } from '@consilium/sealed-sum';
import { createFolder } from '@consilium/sealed-sum/fold';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { parseConfig, type SiteConfig } from '../src/config/index.js';
import type { Connection } from '../src/connection/index.js';
import { BudgetDesk, TighteningDesk, WitnessCalls, WitnessDuty } from '../src/ledger/index.js';
import { act } from '../src/rounds/act.js';
import { contextOf } from '../src/rounds/closed-list.js';
import { findKeys } from '../src/rounds/key-epochs.js';
import { dealBoxes, packBundle } from '../src/rounds/seats/bundles.js';
import { drawSeats } from '../src/rounds/seats/seat-secrets.js';
import { sealBundle } from '../src/rounds/seats/share-boxes.js';
import type { Site } from '../src/rounds/study-at-site.js';
import { studyMembers } from '../src/rounds/study-members.js';
import { openShares, sealShares } from '../src/rounds/unmask-message.js';
import { recollect } from '../src/rounds/witnesses/recollection.js';
import { Witnesses } from '../src/rounds/witnesses/witnesses.js';
import { enterStudy } from '../src/session/enter-study.js';
import {
  createState,
  keepRosters,
  openState,
  saveApproval,
  saveCountersignature,
  saveMembership,
  storeStudy,
  type SiteState,
} from '../src/state/index.js';
import type { Workbench } from '../src/training/workbench.js';
import { FakeCoordinator } from './fake-coordinator.js';
import { oneThread } from './one-thread.js';

const CONSORTIUM = 'test.example';

export type Task = NonNullable<Assignment['task']>;
type TaskOf<C extends Task['$case']> = Extract<Task, { $case: C }>;

export interface TestSite {
  readonly name: SiteName;
  readonly root: string;
  readonly keys: SiteKeys;
  readonly config: SiteConfig;
  state: SiteState;
  site: Site;
  budgets: BudgetDesk;
  tightenings: TighteningDesk;
  duty: WitnessDuty;
}

type Unopened = Omit<TestSite, 'state' | 'site' | 'budgets' | 'tightenings' | 'duty'>;

/** One attempt at a round: its seat, U2 and U3. */
export interface Try {
  readonly round: number;
  readonly attempt: number;
  readonly block: number;
  readonly seat: number;
  readonly keyEpoch: number;
  readonly participants: readonly string[];
  readonly contributors: readonly string[];
}

/** Sites with real state directories and worker threads, and a coordinator that only relays and adds. */
export class StudyWorld {
  readonly coordinator = new FakeCoordinator();
  readonly study: ResolvedStudy;
  readonly hash: StudyHash;
  readonly specification: Buffer;
  readonly sites = new Map<string, TestSite>();
  readonly #folder = createFolder({ threads: 1 });
  #port = 0;
  readonly #blocks = new Map<number, readonly string[]>();
  /** Sites that answer no other one's question. */
  readonly silent = new Set<string>();
  /** What becomes of an answer on its way. */
  distort: (answer: Recollection) => Recollection = (answer) => answer;
  /** Sites that answer no question about a ledger. */
  readonly lostWitnesses = new Set<string>();
  /** What becomes of a witness's answer on its way. */
  distortWitness: (answer: WitnessAnswer) => WitnessAnswer | undefined = (answer) => answer;
  /** Questions about ledgers so far. */
  questions = 0;
  readonly #answering = new Set<Promise<void>>();
  /** How long a step waits for witnesses. */
  patienceMs = 5_000;

  readonly #sharedBench: Workbench | undefined;

  /**
   * @param settings - `ids`: each row has a patient's identifier, P-0 to P-59, in the column that the population names;
   * `epsilonLimit`: of the population at each site; `masks`: a limit of the complete graph that a few sites reach; `sharedBench`: one bench
   * for all sites where they are many
   */
  constructor(
    yaml: string,
    readonly settings: {
      readonly ids?: boolean;
      readonly epsilonLimit?: number;
      readonly masks?: MaskRules;
      readonly sharedBench?: boolean;
    } = {},
  ) {
    const study = resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters);
    const { masks, sharedBench = false } = settings;
    this.study = masks ? { ...study, derived: { ...study.derived, masks } } : study;
    this.#sharedBench = sharedBench ? oneThread() : undefined;
    this.specification = studySpecification(study);
    this.hash = studyHash(this.specification);
  }

  get names(): readonly SiteName[] {
    return this.study.sites.names;
  }

  async start(): Promise<void> {
    this.#port = await this.coordinator.start();
    const worlds = await Promise.all(this.names.map((name, index) => newSite(name, index, this.settings)));
    for (const world of worlds) this.#admit(world, worlds);
    for (const world of worlds) this.sites.set(world.name, this.#open(world));
  }

  async stop(): Promise<void> {
    await this.#folder.close();
    for (const { budgets } of this.sites.values()) await budgets.close();
    // A witness that was too late for the quorum may still write its note.
    await Promise.allSettled(this.#answering);
    for (const { site, state, root } of this.sites.values()) {
      await site.workbench.close();
      site.connection.close();
      state.close();
      rmSync(root, { recursive: true, force: true });
    }
    this.coordinator.stop();
  }

  at(name: string): TestSite {
    const site = this.sites.get(name);
    if (!site) throw new Error(`there is no site ${name}`);
    return site;
  }

  folderOf(name: string): string {
    return this.at(name).state.studyDirectory(this.hash);
  }

  /** The agent ends and starts again on the same directory, whatever `between` has made of it. */
  async restart(name: string, between: (root: string) => void = () => undefined): Promise<void> {
    const before = this.at(name);
    await before.budgets.close();
    if (!this.#sharedBench) await before.site.workbench.close();
    before.site.connection.close();
    before.state.close();
    between(before.root);
    this.sites.set(name, this.#open(before));
  }

  async perform(name: string, task: Task, signal: AbortSignal = new AbortController().signal): Promise<void> {
    const { site } = this.at(name);
    await act(site, () => this.#enter(name), { study: this.hash, sequence: 1n, task }, signal);
  }

  everywhere(task: (name: string) => Task, names: readonly string[] = this.names): Promise<unknown> {
    return Promise.all(names.map((name) => this.perform(name, task(name))));
  }

  /** Keys of an epoch, made by the first site. */
  async makeKeys(keyEpoch = 0): Promise<void> {
    const [steward = ''] = this.names;
    if (keyEpoch > 0) this.coordinator.boxes.length = 0;
    await this.everywhere((name) =>
      name === steward
        ? { $case: 'makeKeys', value: { keyEpoch, rosterEpoch: 0 } }
        : { $case: 'takeKeys', value: { keyEpoch, steward, rosterEpoch: 0 } },
    );
  }

  adverts(members: readonly string[]): SeatAdvert[] {
    return members.map((name) => this.coordinator.word<AdvertiseRequest>('advertise', name).advert as SeatAdvert);
  }

  /** Evidence of reserves travels once. */
  #barely(members: readonly string[]): SeatAdvert[] {
    return this.adverts(members).map((advert) => ({ ...advert, reserve: Buffer.alloc(0) }));
  }

  roots(senders: readonly string[]): ShareRoot[] {
    return senders.map((name) => this.coordinator.word<ShareRequest>('share', name).root as ShareRoot);
  }

  advertiseTask(block: number, seats: number, keyEpoch = 0, round = 1): Task {
    return { $case: 'advertise', value: { keyEpoch, block, seats, round } };
  }

  revealTask(block: number, members: readonly string[] = this.names, keyEpoch = 0): TaskOf<'revealSeed'> {
    return { $case: 'revealSeed', value: { keyEpoch, block, adverts: this.#barely(members) } };
  }

  /** Seed of a block's mask graph; empty where it is complete. */
  graphSeed(block: number, keyEpoch = 0): Buffer {
    const members = this.#members(block);
    const parts = this.#seedParts(members);
    if (parts.length === 0) return Buffer.alloc(0);
    const shown = members.map((site, index) => ({
      site,
      seats: seatsDigest(this.adverts([site])[0] as SeatAdvert),
      part: parts[index] as Buffer,
    }));
    return graphSeed({ study: this.hash, keyEpoch, block }, shown);
  }

  /** The mask graph of a block, as the coordinator derives it. */
  graph(block: number, keyEpoch = 0): ShareGraph {
    return shareGraph(this.study, this.#members(block) as SiteName[], this.graphSeed(block, keyEpoch));
  }

  shareTask(block: number, members: readonly string[] = this.names, keyEpoch = 0): TaskOf<'share'> {
    return { $case: 'share', value: { keyEpoch, block, adverts: this.adverts(members), seedParts: this.#seedParts(members) } };
  }

  #seedParts(members: readonly string[]): Buffer[] {
    return needsSeed(this.study, members as SiteName[])
      ? members.map((name) => this.coordinator.word<RevealRequest>('reveal', name).part)
      : [];
  }

  /** U1 of a block, as those who hold its shares were told. */
  #members(block: number): readonly string[] {
    return this.#blocks.get(block) ?? this.names;
  }

  holdTask(block: number, members: readonly string[] = this.names, senders = members, keyEpoch = 0): { $case: 'hold'; value: HoldShares } {
    this.#blocks.set(block, members);
    const boxes = senders.flatMap((name) => this.coordinator.word<ShareRequest>('share', name).boxes);
    this.coordinator.shareBoxes.set(block, boxes);
    return {
      $case: 'hold',
      value: { keyEpoch, block, adverts: this.#barely(members), roots: this.roots(senders), seedParts: this.#seedParts(members) },
    };
  }

  /** Steps 1 and 2 at all members. */
  async openBlock(
    block: number,
    seats: number,
    { members = this.names as readonly string[], keyEpoch = 0, round = 1 } = {},
  ): Promise<void> {
    await this.everywhere(() => this.advertiseTask(block, seats, keyEpoch, round), members);
    if (needsSeed(this.study, members as SiteName[])) {
      const reveal = this.revealTask(block, members, keyEpoch);
      await this.everywhere(() => reveal, members);
    }
    const shared = this.shareTask(block, members, keyEpoch);
    await this.everywhere(() => shared, members);
    const held = this.holdTask(block, members, members, keyEpoch);
    await this.everywhere(() => held, members);
  }

  attempt(round: number, attempt: number, change: Partial<Try> = {}): Try {
    const participants = change.participants ?? this.names;
    return { round, attempt, block: 0, seat: attempt, keyEpoch: 0, participants, contributors: participants, ...change };
  }

  #kindOf(round: number): RoundKind {
    return round > this.study.algorithm.rounds ? RoundKind.ROUND_KIND_EVALUATE : RoundKind.ROUND_KIND_TRAIN;
  }

  /** The signed states of the round before. */
  states(round: number, keyEpoch = 0) {
    const confirmed = [...this.coordinator.confirmed.values()].flatMap(({ state }) => (state ? [state] : []));
    return [...this.coordinator.agreed.values(), ...confirmed].filter(
      (state) => state.round === round && state.keyEpoch === keyEpoch && state.stateHmac.length > 0,
    );
  }

  contributeTask({ round, attempt, block, seat, keyEpoch, participants }: Try, change: Partial<Contribute> = {}): Task {
    const value = {
      keyEpoch,
      round,
      attempt,
      kind: this.#kindOf(round),
      deadline: '',
      participants: [...participants],
      state: this.states(round - 1, keyEpoch),
      block,
      seat,
    };
    return { $case: 'contribute', value: { ...value, ...change } };
  }

  uploadOf(name: string, { round, attempt }: Pick<Try, 'round' | 'attempt'>): { readonly sha256: string; readonly signature: Buffer } {
    const own = this.at(name).state.database.prepare('SELECT sha256 FROM study_upload WHERE round = ? AND attempt = ?').get(round, attempt);
    const sha256 = String(own?.['sha256']);
    const upload = this.coordinator.uploads.get(sha256);
    if (!upload) throw new Error(`no upload of ${name}`);
    return { sha256, signature: upload.signature };
  }

  list(attempt: Try): SignList {
    const { round, attempt: number, block, seat, keyEpoch, participants, contributors } = attempt;
    const { uploadBytes } = this.study.derived.sums[this.#kindOf(round) === RoundKind.ROUND_KIND_TRAIN ? 'train' : 'evaluate'];
    return {
      keyEpoch,
      round,
      attempt: number,
      kind: this.#kindOf(round),
      block,
      seat,
      participants: [...participants],
      contributors: contributors.map((site) => {
        const { sha256, signature } = this.uploadOf(site, attempt);
        return { site, uploadBytes: BigInt(uploadBytes), uploadSha256: Buffer.from(sha256, 'hex'), signature };
      }),
    };
  }

  signListTask(attempt: Try): TaskOf<'signList'> {
    return { $case: 'signList', value: this.list(attempt) };
  }

  #signatures(kind: 'signList' | 'signFold', signers: readonly string[]): SiteSignature[] {
    return signers.map((site) => ({ site, signature: this.coordinator.word<SignListRequest | SignFoldRequest>(kind, site).signature }));
  }

  unmaskTask(attempt: Try, signers: readonly string[] = attempt.contributors): TaskOf<'unmask'> {
    return { $case: 'unmask', value: { list: this.list(attempt), signatures: this.#signatures('signList', signers) } };
  }

  /** T, as the coordinator computes it. */
  transcript({ round, attempt, block, seat, keyEpoch, participants }: Try): Buffer {
    const [state] = this.states(round - 1, keyEpoch);
    return attemptTranscript({
      consortium: CONSORTIUM,
      study: this.hash,
      keyEpoch,
      round,
      attempt,
      kind: this.#kindOf(round) === RoundKind.ROUND_KIND_TRAIN ? 'train' : 'evaluate',
      block,
      seat,
      participants: participants.map((site) => ({
        site,
        seats: seatsDigest(this.adverts([site])[0] as SeatAdvert),
        shares: (this.roots([site])[0] as ShareRoot).root.toString('hex'),
      })),
      state: (state?.stateHmac ?? Buffer.alloc(0)).toString('hex'),
    });
  }

  /** Adds the uploads and takes out the masks of those who dropped, with the shares that `holders` released. */
  async fold(attempt: Try, holders: readonly string[] = attempt.contributors): Promise<Pick<Apply, 'foldBytes' | 'foldSha256'>> {
    const { round, seat, keyEpoch, participants, contributors } = attempt;
    const indexed = (site: string) => ({
      index: this.names.findIndex((name) => name === site),
      publicKey: this.adverts([site])[0]?.roundKeys[seat] as Buffer,
    });
    const transcript = this.transcript(attempt);
    const dropped = [];
    for (const site of participants.filter((name) => !contributors.includes(name))) {
      const shares = holders.flatMap(
        (name) => this.coordinator.word<UnmaskRequest>('unmask', name).dropped.find((share) => share.site === site)?.share ?? [],
      );
      const graph = this.graph(attempt.block, keyEpoch);
      const privateKey = (await combineShares(shares.slice(0, graph.threshold))) as Buffer;
      const neighbours = contributors.filter((name) => graph.holdersOf(site as SiteName).includes(name as SiteName));
      dropped.push(...droppedMasks({ index: indexed(site).index, privateKey }, neighbours.map(indexed), transcript));
    }
    const path = join(this.coordinator.folder, `fold-${round}-${attempt.attempt}`);
    const { bytes, sha256 } = await this.#folder.fold({
      parameters: this.study.derived.sums[this.#kindOf(round) === RoundKind.ROUND_KIND_TRAIN ? 'train' : 'evaluate'],
      keyEpoch,
      uploads: contributors.map((site) => this.coordinator.path(this.uploadOf(site, attempt).sha256)),
      output: path,
      dropped,
    });
    this.coordinator.fold = readFileSync(path);
    return { foldBytes: BigInt(bytes), foldSha256: Buffer.from(sha256, 'hex') };
  }

  /** What a holder says if it releases other shares than it holds: sealed and signed like any release. */
  releaseAgain(attempt: Try, name: string, change: (shares: readonly ReleasedShare[]) => readonly ReleasedShare[]): UnmaskMessage {
    const at = this.#enter(name);
    const keys = findKeys(at.folder, attempt.keyEpoch);
    const { message } = this.coordinator.word<UnmaskRequest>('unmask', name);
    const shares = keys && message && openShares(at, keys, attempt, at.name, message.sealed);
    if (!keys || !message || !shares) throw new Error(`${name} has released nothing`);
    const sealed = sealShares(at, keys, attempt, change(shares));
    const root = listDigest(
      this.list(attempt).contributors.map(({ site, uploadBytes, uploadSha256, signature }) => ({
        site,
        bytes: Number(uploadBytes),
        sha256: uploadSha256.toString('hex'),
        signature: signature.toString('hex'),
      })),
    );
    const sha256 = unmaskDigest({ ...message, sealed });
    const { signature } = at.sign('unmask', { ...contextOf(at, attempt), site: at.name, root, sha256 });
    return { ...message, sealed, signature };
  }

  /** A site deals shares of secrets that are not those of its advert, signed and sealed like any others, and takes its own. */
  async dealAnother(name: string, block: number, adverts: readonly SeatAdvert[]): Promise<void> {
    const at = this.#enter(name);
    const blockName = { study: this.hash, keyEpoch: 0, block };
    const members = studyMembers(at.state, this.hash, this.study);
    const boxes = await dealBoxes(drawSeats(adverts[0]?.roundKeys.length ?? 0), this.names.length, this.study.derived.thresholds.t);
    const bundles = boxProofs(boxes).map((ofBox, index) => packBundle({ box: boxes[index] ?? [], ofBox }));
    const root = shareRoot(boxes);
    const statement = { consortium: CONSORTIUM, study: this.hash, keyEpoch: 0, block, site: at.name, root: root.toString('hex') };
    const { signature } = at.sign('shares', { ...statement, members: membersDigest(this.names) });
    const sealed = this.names.map(async (site, index) => {
      const member = members.get(site);
      return member && site !== name ? [await sealBundle(at, blockName, bundles[index] as Buffer, member)] : [];
    });
    const own = bundles[this.names.indexOf(at.name)] as Buffer;
    at.state.database.prepare('UPDATE study_block SET own_bundle = ? WHERE block = ?').run(own, block);
    const request = {
      study: this.hash,
      keyEpoch: 0,
      block,
      root: { site: at.name, root, signature },
      boxes: (await Promise.all(sealed)).flat(),
    };
    this.coordinator.said.set(`share ${name}`, request satisfies ShareRequest);
  }

  signFoldTask(attempt: Try, fold: Pick<Apply, 'foldBytes' | 'foldSha256'>): TaskOf<'signFold'> {
    return { $case: 'signFold', value: { list: this.list(attempt), ...fold } };
  }

  applyTask(
    attempt: Try,
    fold: Pick<Apply, 'foldBytes' | 'foldSha256'>,
    holders: readonly string[] = attempt.contributors,
    change: Partial<Apply> = {},
  ): TaskOf<'apply'> {
    const value: Apply = {
      list: this.list(attempt),
      ...fold,
      foldSignatures: this.#signatures('signFold', holders),
      unmask: holders.map((site) => this.coordinator.word<UnmaskRequest>('unmask', site).message as Apply['unmask'][0]),
      seats: attempt.participants.map((site) => ({
        site,
        seatsSha256: Buffer.from(seatsDigest(this.adverts([site])[0] as SeatAdvert), 'hex'),
        sharesSha256: (this.roots([site])[0] as ShareRoot).root,
        commitment: this.adverts([site])[0]?.commitments[attempt.seat] as Buffer,
      })),
      members: [...this.#members(attempt.block)],
      graphSeed: this.graphSeed(attempt.block, attempt.keyEpoch),
      blockSeats: this.adverts([attempt.participants[0] ?? ''])[0]?.roundKeys.length ?? 0,
      ...change,
    };
    return { $case: 'apply', value };
  }

  /** Steps 5 to 7 at `holders`. */
  async close(attempt: Try, holders: readonly string[] = attempt.contributors): Promise<Pick<Apply, 'foldBytes' | 'foldSha256'>> {
    const list = this.signListTask(attempt);
    await this.everywhere(() => list, holders);
    const release = this.unmaskTask(attempt, holders);
    await this.everywhere(() => release, holders);
    const fold = await this.fold(attempt, holders);
    const signed = this.signFoldTask(attempt, fold);
    await this.everywhere(() => signed, holders);
    return fold;
  }

  /** Steps 3 to 9; sites that are asked and do not contribute send nothing. */
  async round(attempt: Try, holders: readonly string[] = attempt.contributors): Promise<TaskOf<'apply'>> {
    await this.everywhere(() => this.contributeTask(attempt), attempt.contributors);
    const fold = await this.close(attempt, holders);
    const task = this.applyTask(attempt, fold, holders);
    await this.everywhere(() => task, holders);
    return task;
  }

  digestOf(name: string, round: number): unknown {
    return this.at(name).state.database.prepare('SELECT digest FROM study_state WHERE round = ?').get(round)?.['digest'];
  }

  #open(world: Unopened): TestSite {
    const state = openState(join(world.root, 'state'));
    const connection = connectionTo(`127.0.0.1:${this.#port}`, world.name);
    const member = { consortium: CONSORTIUM, name: world.name, state, signer: identitySigner(world.keys.identityKey) };
    const { config } = world;
    const calls = this.#calls(world.name);
    const tightenings = new TighteningDesk({ state, attend: () => budgets.attend(), now: () => new Date() });
    const budgets: BudgetDesk = new BudgetDesk({
      ...member,
      config,
      connection,
      calls,
      warn: () => undefined,
      settled: (...settled) => tightenings.settled(...settled),
      timeoutMs: this.patienceMs,
    });
    const site: Site = {
      consortium: CONSORTIUM,
      name: world.name,
      state,
      connection,
      sign: (kind, statement) => signStatement(kind, statement, world.keys.identityKey),
      sealingKey: world.keys.sealingKey,
      workbench: this.#sharedBench ?? oneThread(),
      witnesses: this.#witnesses(world.name),
      budgets,
      shadow: true,
    };
    return { ...world, state, site, budgets, tightenings, duty: new WitnessDuty(member) };
  }

  /** The others answer at once, as long as they are not in `silent`. */
  #witnesses(name: string): Witnesses {
    const witnesses = new Witnesses(this.patienceMs);
    witnesses.newSession((question) => {
      for (const other of this.names) {
        if (other === name || this.silent.has(other)) continue;
        setImmediate(() => {
          const answer = recollect(this.at(other).site, { ...question, site: name });
          if (answer) witnesses.answer(this.#enter(name), this.distort(answer));
        });
      }
    });
    return witnesses;
  }

  /** As the coordinator hands them on. */
  #calls(name: string): WitnessCalls {
    const calls = new WitnessCalls();
    calls.newSession((question) => {
      this.questions += 1;
      const { site: witness } = question;
      if (this.lostWitnesses.has(witness)) return;
      const answered = async (): Promise<void> => {
        const answer = await this.sites.get(witness)?.duty.answer({ ...question, site: name });
        const heard = answer && this.distortWitness({ ...answer, site: witness });
        if (heard) calls.hear(heard);
      };
      // A witness whose site is closed meanwhile answers nothing, as one that was killed.
      const answering = new Promise(setImmediate).then(answered).catch(() => undefined);
      this.#answering.add(answering);
      void answering.finally(() => this.#answering.delete(answering));
    });
    return calls;
  }

  #enter(name: string) {
    const { site, config } = this.at(name);
    return { ...enterStudy(site, config, this.hash, () => undefined), study: this.study };
  }

  #admit({ name, root, keys }: Unopened, members: readonly Unopened[]): void {
    const state = openState(join(root, 'state'));
    saveMembership(state, {
      consortium: CONSORTIUM,
      site: name,
      coordinator: 'localhost:1',
      caPem: '',
      certificatePem: '',
      joinedAt: new Date().toISOString(),
    });
    const roster = members.map((member) => ({
      site: member.name,
      identityKey: member.keys.identityPublicKey,
      sealingKey: member.keys.sealingPublicKey,
    }));
    keepRosters(state, [nextRoster(CONSORTIUM, undefined, roster)]);
    saveCountersignature(state, 0, Buffer.alloc(64));
    storeStudy(state, this.specification);
    const approval = {
      consortium: CONSORTIUM,
      study: this.hash,
      site: name,
      decision: 'approve' as const,
      release: 'in-advance' as const,
      until: null,
      epsilonLimit: null,
      officer: null,
      agentVersion: '0.1.0',
      signedAt: new Date().toISOString(),
    };
    saveApproval(state, approval, signStatement('approval', approval, keys.identityKey).signature);
    state.close();
  }
}

/** A study of a logistic regression over `sites`, mode none. */
export function studyYaml(sites: readonly string[], { rounds = 2, mandatory = [] as readonly string[], colluders = 0 } = {}): string {
  return `
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
algorithm: { name: fedadam, rounds: ${rounds}, localSteps: 3, batchSize: full, learningRate: 0.05, maxWeight: 100 }
privacy: { mode: none }
sites: { names: [${sites.join(', ')}], mandatory: [${mandatory.join(', ')}]${colluders > 0 ? `, tolerateColluders: ${colluders}` : ''} }
release: { when: approved-in-advance }
`;
}

/** The same study in mode patient/distributed, with a table of scores. */
export function noisyYaml({ rounds = 2 } = {}): string {
  return studyYaml(['a', 'b', 'c'])
    .replace(/^algorithm:.*$/m, `algorithm: { name: dp-sgd, rounds: ${rounds}, learningRate: 0.5 }\nmetrics: { noiseMultiplier: 5 }`)
    .replace('{ mode: none }', '{ mode: patient/distributed, sampling: 0.5, clip: 1, noiseMultiplier: 2, delta: 1.0e-4 }')
    .replace('sites: {', 'sites: { publicSizes: { a: 40, b: 40, c: 40 },');
}

/** The services that a study uses, over a plain channel; methods keep their client, as those of a `Connection` do. */
function connectionTo(address: string, site: string): Connection {
  const clients = [RelayServiceClient, RoundServiceClient, TransferServiceClient, ReleaseServiceClient, LedgerServiceClient].map(
    (Client): Client =>
      new Client(address, credentials.createInsecure(), {
        interceptors: [
          (options, next) =>
            new InterceptingCall(next(options), {
              start: (metadata, listener, go) => {
                metadata.set('site', site);
                go(metadata, listener);
              },
            }),
        ],
      }),
  );
  const [relay, round, transfer, release, ledger] = clients.map(
    (client) => new Proxy(client, { get: (target, name) => (Reflect.get(target, name) as () => unknown).bind(target) }),
  );
  return { relay, round, transfer, release, ledger, close: () => clients.forEach((client) => client.close()) } as unknown as Connection;
}

/** 60 patients of a site, 40 of them to train on. */
export function heartTable(site: number, { ids = false } = {}): string {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const age = 30 + ((row * 7 + site * 13) % 50);
    return `${ids ? `P-${row},` : ''}${age},${row % 2},${age + (row % 2) * 10 > 60 ? 1 : 0},${row % 3 === 0 ? 'test' : 'train'}`;
  });
  return [`${ids ? 'pid,' : ''}age,sex,num,split`, ...rows].join('\n');
}

async function newSite(name: SiteName, index: number, { ids = false, epsilonLimit = 50 }: StudyWorld['settings']): Promise<Unopened> {
  const root = mkdtempSync(join(tmpdir(), `site-${name}-`));
  createState(join(root, 'state'));
  rmSync(join(root, 'state', 'keys'), { recursive: true });
  const keys = await createSiteKeys(join(root, 'state', 'keys'));
  writeFileSync(join(root, 'heart.csv'), heartTable(index, { ids }));
  const config = parseConfig(
    `site: ${name}
coordinator: localhost:1
state: state
populations: { heart: { ${ids ? 'patientId: pid, ' : ''}privacy: { epsilonLimit: ${epsilonLimit}, delta: 1.0e-4, largerDelta: true } } }
cohorts: { heart: { population: heart, public: true, source: { type: csv, path: heart.csv } } }
policy: { modes: [none, patient/distributed, patient/local, site], minPatients: 10, deltaMax: 1.0e-3 }
`,
    join(root, 'site.yaml'),
  );
  return { name, root, keys, config };
}
