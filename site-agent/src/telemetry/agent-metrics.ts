import { PRODUCT_VERSION } from '@consilium/protocol';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EgressKind } from '../egress/index.js';

/** Steps of a round whose time is worth a series. */
export type RoundStep = 'train' | 'encrypt' | 'upload' | 'decrypt' | 'apply';

/** What the hospital's own Prometheus may read. Labels never carry a path, a column, a study or a patient's anything. */
export interface AgentMetrics {
  readonly registry: Registry;
  connected(connected: boolean): void;
  reconnected(reason: string): void;
  roundEnded(outcome: 'counted' | 'late' | 'refused' | 'failed'): void;
  /** @param seconds - how long the step took */
  stepTook(step: RoundStep, seconds: number): void;
  refused(code: string): void;
  sent(kind: EgressKind, bytes: number): void;
  received(kind: string, bytes: number): void;
  trained(steps: number): void;
  engine(engine: string, device: string): void;
  certificateExpires(at: Date): void;
}

/** A registry of its own, so that two agents in one process do not share figures. */
export function createMetrics(): AgentMetrics {
  const registry = new Registry();
  const shared = { registers: [registry] };
  const named = (name: string, help: string) => ({ name: `consilium_agent_${name}`, help, ...shared });
  new Gauge({ ...named('build_info', 'Version of the agent'), labelNames: ['version'] }).set({ version: PRODUCT_VERSION }, 1);
  const connected = new Gauge(named('connected', '1 while the session with the coordinator is open'));
  const reconnects = new Counter({ ...named('reconnects_total', 'Sessions that ended and were opened again'), labelNames: ['reason'] });
  const rounds = new Counter({ ...named('rounds_total', 'Rounds by how they ended at this site'), labelNames: ['outcome'] });
  const steps = new Histogram({
    ...named('round_step_duration_seconds', 'Time of one step of a round'),
    labelNames: ['step'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800],
  });
  const refusals = new Counter({ ...named('refusals_total', 'Refusals and failures by code'), labelNames: ['code'] });
  const egress = new Counter({ ...named('egress_bytes_total', 'Bytes sent, as in the egress record'), labelNames: ['kind'] });
  const ingress = new Counter({ ...named('ingress_bytes_total', 'Bytes of bulk downloads'), labelNames: ['kind'] });
  const trained = new Counter(named('train_steps_total', 'Gradient steps'));
  const engine = new Gauge({ ...named('engine_info', 'Training engine in use'), labelNames: ['engine', 'device'] });
  const expiry = new Gauge(named('certificate_expiry_timestamp_seconds', "When the site's certificate ends"));
  return {
    registry,
    connected: (yes) => connected.set(yes ? 1 : 0),
    reconnected: (reason) => reconnects.inc({ reason }),
    roundEnded: (outcome) => rounds.inc({ outcome }),
    stepTook: (step, seconds) => steps.observe({ step }, seconds),
    refused: (code) => refusals.inc({ code }),
    sent: (kind, bytes) => egress.inc({ kind }, bytes),
    received: (kind, bytes) => ingress.inc({ kind }, bytes),
    trained: (count) => trained.inc(count),
    engine: (name, device) => engine.set({ engine: name, device }, 1),
    certificateExpires: (at) => expiry.set(at.getTime() / 1000),
  };
}
