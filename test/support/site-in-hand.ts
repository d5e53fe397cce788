import { identitySigner, signStatement, type SiteKeys } from '@consilium/identity';
import { PRODUCT_VERSION, PROTOCOL_VERSION, type ConsiliumError, type StudyHash } from '@consilium/protocol';
import { fromGrpcError, type Assignment, type UploadRequest } from '@consilium/protocol/wire';
import type { Consortium } from '../../demo/src/index.js';
import { loadConfig, type SiteConfig } from '../../site-agent/src/config/index.js';
import { call, connect, type UnaryMethod } from '../../site-agent/src/connection/index.js';
import { loadKeys } from '../../site-agent/src/keys/index.js';
import { BudgetDesk, WitnessCalls } from '../../site-agent/src/ledger/index.js';
import { act } from '../../site-agent/src/rounds/act.js';
import { recollect } from '../../site-agent/src/rounds/witnesses/recollection.js';
import { Witnesses } from '../../site-agent/src/rounds/witnesses/witnesses.js';
import type { Site, StudyAtSite } from '../../site-agent/src/rounds/study-at-site.js';
import { StudyDriver } from '../../site-agent/src/rounds/study-driver.js';
import { enterStudy } from '../../site-agent/src/session/enter-study.js';
import { holdSession, type SendMessage, type SessionHandlers } from '../../site-agent/src/session/hold-session.js';
import { openState, readMembership } from '../../site-agent/src/state/index.js';
import { oneThread } from '../../site-agent/test/one-thread.js';

type Task = NonNullable<Assignment['task']>;

/** What the site does in place of an honest agent when it is asked for a step. */
export type Misdeeds = {
  [K in Task['$case']]?: (at: StudyAtSite, task: Extract<Task, { $case: K }>['value'], signal: AbortSignal) => Promise<void>;
};

/**
 * A member site that the test plays itself: its real keys, certificate and state, the honest agent's own steps, and
 * any of them replaced. No other agent may run on its state.
 */
export class SiteInHand {
  misdeeds: Misdeeds = {};
  /** What steps ended with, in order; each is tried again. */
  readonly errors: unknown[] = [];
  readonly #over = new AbortController();
  readonly #drivers = new Map<string, StudyDriver>();

  private constructor(
    readonly site: Site,
    readonly keys: SiteKeys,
    private readonly config: SiteConfig,
  ) {}

  static async take(consortium: Consortium, name: string): Promise<SiteInHand> {
    const config = loadConfig(consortium.siteConfig(name));
    const state = openState(config.state, { ...config.keyFiles, exclusive: true });
    const keys = await loadKeys(state, config);
    const connection = connect(state, keys);
    const { consortium: inConsortium, site: self } = readMembership(state);
    const calls = new WitnessCalls();
    const signer = identitySigner(keys.identityKey);
    const site: Site = {
      consortium: inConsortium,
      name: self,
      state,
      connection,
      sign: (kind, statement) => signStatement(kind, statement, keys.identityKey),
      sealingKey: keys.sealingKey,
      workbench: oneThread(),
      witnesses: new Witnesses(),
      budgets: new BudgetDesk({ consortium: inConsortium, name: self, state, config, connection, signer, calls, warn: () => undefined }),
      shadow: true,
    };
    return new SiteInHand(site, keys, config);
  }

  /** Opens a session and follows every study from then on. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const hello = {
        protocolVersion: PROTOCOL_VERSION,
        agentVersion: PRODUCT_VERSION,
        engine: 'in-hand',
        cohorts: [...this.config.cohorts.keys()],
      };
      const { witnesses } = this.site;
      let say: SendMessage = () => undefined;
      const handlers: SessionHandlers = {
        onWelcome: (_, send) => {
          say = send;
          witnesses.newSession((question) => send({ $case: 'recall', value: question }));
          resolve();
        },
        onAssignment: (assignment) => this.#follow(assignment),
        onRecall: (question) => {
          const answer = recollect(this.site, question);
          if (answer) say({ $case: 'recollection', value: answer });
        },
        onRecollection: (answer) => witnesses.answer(this.enter(answer.study), answer),
        // It witnesses no ledger, and its own studies need none.
        onWitnessQuestion: () => undefined,
        onWitnessAnswer: () => undefined,
        onTightening: () => undefined,
        onTime: () => undefined,
      };
      void holdSession(this.site.connection.session, hello, handlers, this.#over.signal).then(({ error }) =>
        reject(error ?? new Error('over')),
      );
    });
  }

  /** The site's part in a study that it has approved. */
  enter(hash: string): StudyAtSite {
    return enterStudy(this.site, this.config, hash as StudyHash, () => undefined);
  }

  /** Sends these messages up one upload stream. @returns the coordinator's error; nothing where it took the upload */
  upload(messages: readonly UploadRequest[]): Promise<ConsiliumError | undefined> {
    return new Promise((resolve) => {
      const stream = this.site.connection.transfer.upload((error: unknown) => resolve(error ? fromGrpcError(error) : undefined));
      stream.on('error', () => undefined);
      for (const message of messages) stream.write(message);
      stream.end();
    });
  }

  /** One call. @returns the coordinator's error; nothing where it answered */
  answer<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<ConsiliumError | undefined> {
    return call(method, request).then(
      () => undefined,
      (error: unknown) => fromGrpcError(error),
    );
  }

  /** Lets go of keys and state, so that an agent can run on them. Doing it twice is doing it once. */
  async release(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error('released'));
    await Promise.all([...this.#drivers.values()].map((driver) => driver.idle()));
    await this.site.workbench.close();
    this.site.connection.close();
    this.site.state.close();
  }

  #follow(assignment: Assignment): void {
    const known = this.#drivers.get(assignment.study);
    const driver =
      known ?? new StudyDriver({ act: (...step) => this.#act(...step), onError: (_, error) => this.#failed(error) }, this.#over.signal);
    this.#drivers.set(assignment.study, driver);
    driver.assign(assignment, known === undefined);
  }

  #failed(error: unknown): 'unreachable' {
    this.errors.push(error);
    return 'unreachable';
  }

  async #act(assignment: Assignment, signal: AbortSignal): Promise<void> {
    const { task, study } = assignment;
    const misdeed =
      task && (this.misdeeds[task.$case] as ((at: StudyAtSite, task: unknown, signal: AbortSignal) => Promise<void>) | undefined);
    if (misdeed) await misdeed(this.enter(study), task.value, signal);
    else await act(this.site, (hash) => this.enter(hash), assignment, signal);
  }
}
