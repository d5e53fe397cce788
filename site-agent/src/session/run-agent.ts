import { identitySigner, signStatement, type SiteKeys } from '@consilium/identity';
import type { ChosenEngine } from '@consilium/learning';
import { PRODUCT_VERSION, PROTOCOL_VERSION, type ConsiliumError } from '@consilium/protocol';
import type { WitnessQuestion } from '@consilium/protocol/wire';
import type { Logger } from 'pino';
import { sendDecisions } from '../approval/index.js';
import type { SiteConfig } from '../config/index.js';
import { connect, type Connection, type ConnectOptions } from '../connection/index.js';
import { loadKeys } from '../keys/index.js';
import { BudgetDesk, type BudgetDeskSetup, ForeseenBudgets, TighteningDesk, WitnessCalls, WitnessDuty } from '../ledger/index.js';
import { CertificateKeeper, explainRefusedCertificate } from '../membership/index.js';
import { fetchRosters, sendCountersignature } from '../roster/index.js';
import { DataCheck, MachineFit, ReadinessDesk } from '../readiness/index.js';
import { siteRefused } from '../rounds/site-refused.js';
import type { Site } from '../rounds/study-at-site.js';
import { Witnesses } from '../rounds/witnesses/witnesses.js';
import { readMembership, rosterInForce, type SiteState } from '../state/index.js';
import { chooseSiteEngine } from '../training/site-engine.js';
import { siteWorkbench } from '../training/site-workbench.js';
import type { SendMessage, SessionHandlers } from './hold-session.js';
import { keepSession } from './keep-session.js';
import { StudyDesk } from './study-desk.js';

export interface RunAgentOptions {
  readonly config: SiteConfig;
  /** Opened with `exclusive`. */
  readonly state: SiteState;
  /** Keeps packed integers and opened sums; refused unless every cohort is public. */
  readonly shadow: boolean;
  /** Ends the agent. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** For the metrics. */
  readonly observer?: ConnectOptions['observer'];
  /** For the metrics: a new certificate is in use, until then. */
  readonly onRenewed?: (endsAt: Date) => void;
  /** For the metrics: what trains the models. */
  readonly onEngine?: (chosen: ChosenEngine) => void;
  /** For the metrics: a population's budget has changed. */
  readonly onBudget?: BudgetDeskSetup['shown'];
  /** For the metrics: what happens to the ledgers. */
  readonly onLedger?: BudgetDeskSetup['watched'];
  /** For the metrics: how long the steps of rounds take. */
  readonly onStep?: Site['took'];
  /** For the metrics: steps of an optimiser. */
  readonly onTrained?: Site['trained'];
}

/**
 * Runs the agent until `signal` aborts: one session to the coordinator, held through restarts and failures of either
 * the network or the coordinator, and one driver for each study. An error in one study ends neither.
 * @throws SiteRefused SHADOW_NOT_PUBLIC; ConsiliumError ENGINE_UNAVAILABLE, ENGINE_WRONG, NOT_JOINED, what `loadKeys` throws, VERSION_TOO_OLD and CERTIFICATE_EXPIRED
 */
export async function runAgent({
  config,
  state,
  shadow,
  signal,
  log,
  observer,
  onRenewed = () => undefined,
  onEngine = () => undefined,
  onBudget,
  onLedger,
  onStep,
  onTrained,
}: RunAgentOptions): Promise<void> {
  if (shadow && [...config.cohorts.values()].some((cohort) => !cohort.public)) throw siteRefused('SHADOW_NOT_PUBLIC');
  const membership = readMembership(state);
  const keys = await loadKeys(state, config);
  const engine = await chooseSiteEngine(config, state, log);
  onEngine(engine);
  const connection = connect(state, keys, { coordinator: config.coordinator, observer });
  const workbench = siteWorkbench(config, engine, log);
  const member = { consortium: membership.consortium, name: membership.site, state, signer: identitySigner(keys.identityKey) };
  const calls = new WitnessCalls();
  const tightenings = new TighteningDesk({ state, attend: () => budgets.attend(), now: () => new Date() });
  const budgets: BudgetDesk = new BudgetDesk({
    ...member,
    config,
    connection,
    calls,
    shown: onBudget,
    watched: onLedger,
    settled: (queued, lastRequest) => tightenings.settled(queued, lastRequest),
    warn: (fields, message) => log.warn(fields, message),
  });
  const duty = new WitnessDuty(member);
  const machine = new MachineFit(config.state);
  const site: Site = {
    consortium: membership.consortium,
    name: membership.site,
    state,
    connection,
    sign: (kind, statement) => signStatement(kind, statement, keys.identityKey),
    sealingKey: keys.sealingKey,
    workbench,
    witnesses: new Witnesses(),
    budgets,
    machine,
    took: onStep,
    trained: onTrained,
    shadow,
  };
  const desk = new StudyDesk(site, config, log, signal);
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const readiness = new ReadinessDesk({
    state,
    config,
    engine: engine.name,
    machine,
    budgets: new ForeseenBudgets(state, config),
    data: new DataCheck(state, workbench, config.policy.minPatients, over),
    now: () => new Date(),
    connection,
    log,
    signal: over,
  });
  const keeper = new CertificateKeeper({ state, connection, keys, log, signal: over, onRenewed });
  const kept = keeper.run();
  if (!rosterInForce(state)) log.warn('the roster has not been confirmed: this site takes part in nothing (consilium-site roster confirm)');
  try {
    workbench.warm();
    budgets.watch();
    readiness.watch();
    const handlers = handlersFor(site, keys, { desk, calls, duty, tightenings, readiness, machine }, keeper, log, signal);
    await keepSession(connection.session, helloOf(config, engine), handlers, log, signal, (error) => {
      const explained = explainRefusedCertificate(state, error, new Date());
      return explained === error ? undefined : (explained as ConsiliumError);
    });
  } finally {
    ended.abort();
    await workbench.close();
    await readiness.close();
    await desk.idle();
    await kept;
    connection.close();
    calls.close();
    await budgets.close();
  }
}

function helloOf(config: SiteConfig, engine: ChosenEngine): Parameters<typeof keepSession>[1] {
  return {
    protocolVersion: PROTOCOL_VERSION,
    agentVersion: PRODUCT_VERSION,
    engine: `tfjs-${engine.name}`,
    cohorts: [...config.cohorts.keys()],
  };
}

interface Desks {
  readonly desk: StudyDesk;
  readonly calls: WitnessCalls;
  readonly duty: WitnessDuty;
  readonly tightenings: TighteningDesk;
  readonly readiness: ReadinessDesk;
  readonly machine: MachineFit;
}

function handlersFor(
  site: Site,
  keys: SiteKeys,
  { desk, calls, duty, tightenings, readiness, machine }: Desks,
  keeper: CertificateKeeper,
  log: Logger,
  signal: AbortSignal,
): SessionHandlers {
  let send: SendMessage = () => undefined;
  const witness = async (question: WitnessQuestion): Promise<void> => {
    const answer = await duty.answer(question);
    if (answer) send({ $case: 'witnessAnswer', value: answer });
  };
  return {
    onWelcome: (welcome, sending) => {
      send = sending;
      log.info({ consortium: welcome.consortium, coordinator: welcome.coordinatorVersion }, 'connected');
      keeper.issuerIs(welcome.caSha256);
      desk.newSession(send);
      readiness.newSession((value) => send({ $case: 'readiness', value }));
      calls.newSession((question) => send({ $case: 'witnessQuestion', value: question }));
      tightenings.newSession((answer) => send({ $case: 'tighteningAnswer', value: answer }));
      deliverDecisions(site.state, site.connection, log, signal);
      followRosters(site, keys, log, signal);
    },
    onAssignment: (assignment) => {
      readiness.heard(assignment);
      desk.take(assignment);
    },
    onTime: (now) => machine.heardTime(now),
    onRecall: (question) => desk.recall(question),
    onRecollection: (answer) => desk.hearWitness(answer),
    onWitnessQuestion: (question) => {
      witness(question).catch((error: unknown) =>
        log.warn({ code: (error as { readonly code?: unknown }).code }, 'a question of another ledger could not be answered'),
      );
    },
    onWitnessAnswer: (answer) => calls.hear(answer),
    onTightening: (request) => {
      tightenings
        .take(request)
        .catch((error: unknown) =>
          log.warn({ code: (error as { readonly code?: unknown }).code }, 'a tightening could not be kept; the coordinator sends it again'),
        );
    },
  };
}

/** A countersignature that was made while the coordinator was away; and whether there is a newer roster to look at. */
function followRosters({ state, connection, consortium, name }: Site, keys: SiteKeys, log: Logger, signal: AbortSignal): void {
  const follow = async (): Promise<void> => {
    await sendCountersignature(state, connection, { signal });
    const { roster } = await fetchRosters(state, connection, { consortium, site: name, keys }, { signal });
    const inForce = rosterInForce(state)?.epoch;
    if (inForce !== roster.epoch)
      log.warn({ epoch: roster.epoch }, 'a roster waits to be compared and countersigned: consilium-site roster show');
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted)
      log.warn(
        { code: (error as { readonly code?: unknown }).code },
        'the roster could not be followed; tried again with the next session',
      );
  });
}

/** Approvals that were signed while the coordinator was away. */
function deliverDecisions(state: SiteState, connection: Connection, log: Logger, signal: AbortSignal): void {
  sendDecisions(state, connection, { signal }).then(
    (deliveries) => {
      for (const { decision, error } of deliveries) {
        const fields = { study: decision.study.slice(0, 8), decision: decision.statement.decision };
        if (error)
          log.warn({ ...fields, code: error.code }, 'the coordinator does not take a decision; it is sent again with the next session');
        else log.info(fields, 'decision delivered');
      }
    },
    (error: unknown) => {
      if (!signal.aborted)
        log.warn(
          { code: (error as { readonly code?: unknown }).code },
          'decisions could not be delivered; they are sent again with the next session',
        );
    },
  );
}
