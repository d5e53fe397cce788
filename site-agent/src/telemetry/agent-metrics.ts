import { PRODUCT_VERSION } from '@consilium/protocol';
import {
  RoundServiceService,
  SessionServiceService,
  TransferServiceService,
  type AgreeRequest,
  type OpenRequest,
} from '@consilium/protocol/wire';
import type { ChosenEngine } from '@consilium/learning';
import type { ShownBudget } from '@consilium/ledger';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConnectionObserver } from '../connection/index.js';
import type { LedgerObserver } from '../ledger/ledger-observer.js';
import { ROUND_STEPS, type RoundStep } from '../rounds/round-step.js';

const STEP_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];
const SYNC_SECONDS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];

/** What the hospital's own Prometheus may read. Labels never carry a path, a column, a study or a patient's anything. */
export interface AgentMetrics {
  readonly registry: Registry;
  /** Counts what passes over the connection. */
  readonly observer: ConnectionObserver;
  certificateExpires(at: Date): void;
  /** What trains the models from now on. */
  engine(chosen: Pick<ChosenEngine, 'name' | 'version' | 'devices'>): void;
  /** How long a step of a round took, seconds. */
  step(step: RoundStep, seconds: number): void;
  /** Steps of an optimiser that were taken. */
  trained(steps: number): void;
  readonly ledger: LedgerObserver;
  /** What `consilium-site doctor` found of one check. */
  doctor(check: string, ok: boolean): void;
  /** A population's budget as it stands now; epsilon as PROTOCOL.md section 7 shows it. */
  budget(population: string, shown: ShownBudget): void;
}

/** A registry of its own, so that two agents in one process do not share figures. */
export function createMetrics(): AgentMetrics {
  const registry = new Registry();
  const named = (name: string, help: string) => ({ name: `consilium_agent_${name}`, help, registers: [registry] });
  new Gauge({ ...named('build_info', 'Version of the agent'), labelNames: ['version'] }).set({ version: PRODUCT_VERSION }, 1);
  const expiry = new Gauge(named('certificate_expiry_timestamp_seconds', "When the site's certificate ends"));
  const engine = new Gauge({ ...named('engine_info', 'What trains the models'), labelNames: ['engine', 'version', 'device'] });
  const trained = new Counter(named('train_steps_total', 'Steps of the optimiser that this site has taken'));
  return {
    registry,
    observer: observing(named),
    certificateExpires: (at) => expiry.set(at.getTime() / 1000),
    engine: ({ name, version = '', devices = [] }) => engine.set({ engine: name, version, device: devices[0] ?? 'cpu' }, 1),
    step: stepDurations(named),
    trained: (steps) => trained.inc(steps),
    ledger: ledgerFigures(named),
    doctor: doctorGauge(named),
    budget: budgetGauges(named),
  };
}

type Named = (name: string, help: string) => { readonly name: string; readonly help: string; readonly registers: Registry[] };

function observing(named: Named): ConnectionObserver {
  const connected = new Gauge(named('connected', '1 while the session with the coordinator is open'));
  const reconnects = new Counter({ ...named('reconnects_total', 'Sessions that ended, by gRPC status'), labelNames: ['reason'] });
  const rounds = new Counter({ ...named('rounds_total', 'Rounds that this site has applied, or could not'), labelNames: ['outcome'] });
  const refusals = new Counter({ ...named('refusals_total', 'Refusals and failures by code'), labelNames: ['code'] });
  const egress = new Counter({ ...named('egress_bytes_total', 'Bytes sent, as in the egress record'), labelNames: ['kind'] });
  const ingress = new Counter({ ...named('ingress_bytes_total', 'Bytes received, without TLS'), labelNames: ['kind'] });
  const session = SessionServiceService.open.path;
  return {
    sent: (kind, bytes) => egress.inc({ kind }, bytes),
    received: (path, bytes) => ingress.inc({ kind: path === TransferServiceService.download.path ? 'sum' : 'control' }, bytes),
    message: (path, message) => {
      if (path === session) {
        const { body } = message as OpenRequest;
        if (body?.$case === 'refusal') refusals.inc({ code: body.value.code });
      }
      if (path === RoundServiceService.agree.path) {
        const applied = (message as AgreeRequest).state?.stateHmac.length === 32;
        rounds.inc({ outcome: applied ? 'applied' : 'failed' });
      }
    },
    opened: (path) => {
      if (path === session) connected.set(1);
    },
    ended: (path, status) => {
      if (path !== session) return;
      connected.set(0);
      reconnects.inc({ reason: status });
    },
  };
}

function budgetGauges(named: Named): AgentMetrics['budget'] {
  const gauge = (name: string, help: string) => new Gauge({ ...named(name, help), labelNames: ['population'] });
  const limit = gauge('epsilon_limit', "The limit of a population's budget");
  const reserved = gauge('epsilon_reserved', 'Epsilon of all that is reserved or spent, as ledger show has it');
  const spent = gauge('epsilon_spent', 'Epsilon of what is spent');
  const used = gauge('budget_used_ratio', 'Share of the budget that is reserved or spent, 0 to 1: what decides');
  return (population, { epsilonMax, held, spent: gone }) => {
    limit.set({ population }, epsilonMax);
    reserved.set({ population }, held.epsilonUsed);
    spent.set({ population }, gone.epsilonUsed);
    used.set({ population }, held.percentUsed / 100);
  };
}

function stepDurations(named: Named): AgentMetrics['step'] {
  const durations = new Histogram({
    ...named('round_step_duration_seconds', 'How long the steps of rounds took here'),
    labelNames: ['step'],
    buckets: STEP_SECONDS,
  });
  for (const step of ROUND_STEPS) durations.zero({ step });
  return (step, seconds) => durations.observe({ step }, Math.max(0, seconds));
}

function ledgerFigures(named: Named): LedgerObserver {
  const entries = new Counter({ ...named('ledger_entries_total', 'Entries written to the ledgers, by kind'), labelNames: ['kind'] });
  const verified = new Gauge(named('ledger_last_verified_timestamp_seconds', 'When a ledger last passed its whole check, at the start'));
  const synced = new Histogram({
    ...named('ledger_fsync_duration_seconds', 'How long the disk took to keep an entry'),
    buckets: SYNC_SECONDS,
  });
  return {
    verified: (at) => verified.set(at.getTime() / 1_000),
    written: (kind) => entries.inc({ kind }),
    synced: (seconds) => synced.observe(seconds),
  };
}

function doctorGauge(named: Named): AgentMetrics['doctor'] {
  const checks = new Gauge({
    ...named('doctor_check_ok', '1 where a check of consilium-site doctor found nothing'),
    labelNames: ['check'],
  });
  return (check, ok) => checks.set({ check }, ok ? 1 : 0);
}
