import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Metrics } from '../../coordinator/src/telemetry/index.js';
import { httpWorld } from '../../coordinator/test/http-world.js';
import { createMetrics, serveMetrics } from '../../site-agent/src/telemetry/index.js';
import { freePort } from '../support/free-port.js';
import { groupedBy, labelsWritten, metricsIn } from './metric-names.js';

const MONITORING = new URL('../../deploy/monitoring/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, MONITORING), 'utf8');

/** UX.md section 3, name by name. */
const COORDINATOR = `
  consilium_build_info{version} consilium_sites{state} consilium_site_last_seen_timestamp_seconds{site}
  consilium_site_certificate_expiry_timestamp_seconds{site} consilium_studies{state} consilium_rounds_active
  consilium_rounds_total{outcome} consilium_round_failures_total{reason} consilium_round_phase_duration_seconds{phase}
  consilium_contributions_total{outcome} consilium_refusals_total{code} consilium_upload_bytes_total consilium_upload_resumes_total
  consilium_fold_duration_seconds consilium_fold_bytes_total consilium_spool_bytes consilium_spool_free_bytes
  consilium_state_disagreements_total consilium_ledger_mirror_entries_total{result} consilium_ledger_mirror_lag_seconds{site}
  consilium_approvals_pending consilium_grpc_requests_total{method,code} consilium_grpc_request_duration_seconds{method}
  consilium_http_request_duration_seconds{route,method,code} consilium_sse_clients consilium_audit_events_total{action}`;
const AGENT = `
  consilium_agent_build_info{version} consilium_agent_connected consilium_agent_reconnects_total{reason} consilium_agent_rounds_total{outcome}
  consilium_agent_round_step_duration_seconds{step} consilium_agent_refusals_total{code} consilium_agent_epsilon_limit{population}
  consilium_agent_epsilon_reserved{population} consilium_agent_epsilon_spent{population} consilium_agent_ledger_entries_total{kind}
  consilium_agent_ledger_last_verified_timestamp_seconds consilium_agent_ledger_fsync_duration_seconds
  consilium_agent_egress_bytes_total{kind} consilium_agent_ingress_bytes_total{kind} consilium_agent_train_steps_total
  consilium_agent_engine_info{engine,device} consilium_agent_certificate_expiry_timestamp_seconds consilium_agent_doctor_check_ok{check}`;
const listed = (list: string) =>
  list
    .trim()
    .split(/\s+/)
    .map((entry) => /^(\w+)(?:\{(.*)\})?$/.exec(entry)!)
    .map(([, name = '', labels = '']) => ({ name, labels: labels.split(',').filter((label) => label !== '') }));

/** What Prometheus adds, or the configuration beside the dashboards. */
const ADDED = { metrics: ['up'], labels: ['job', 'instance', 'hospital', 'le'] };

interface Exported {
  /** From `# TYPE` lines of what a running program answered. */
  readonly types: ReadonlyMap<string, string>;
  /** By metric, from the registry behind it: a label shows in the text only once it has a value. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

const typesOf = (exposition: string) =>
  new Map([...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
const labelsOf = (registry: Registry) =>
  new Map(
    registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as unknown as { readonly name: string; readonly labelNames: readonly string[] };
      return [name, labelNames] as const;
    }),
  );
/** A histogram is queried by what it is made of. */
const baseOf = (metric: string, { types }: Exported) => {
  const base = metric.replace(/_(?:bucket|sum|count)$/, '');
  return types.get(base) === 'histogram' ? base : metric;
};

let coordinator: Exported;
let agent: Exported;
let world: Awaited<ReturnType<typeof httpWorld>>;
let stopAgent: () => void;
beforeAll(async () => {
  world = await httpWorld();
  const answer = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.token}` } });
  coordinator = { types: typesOf(await answer.text()), labels: labelsOf(new Metrics().registry) };
  const metrics = createMetrics();
  const address = `127.0.0.1:${await freePort()}`;
  stopAgent = await serveMetrics(address, metrics);
  agent = { types: typesOf(await (await fetch(`http://${address}/metrics`)).text()), labels: labelsOf(metrics.registry) };
});
afterAll(async () => {
  stopAgent();
  await world.close();
});

const dashboard = (name: string) =>
  JSON.parse(text(`grafana/dashboards/${name}.json`)) as {
    readonly uid: string;
    readonly title: string;
    readonly panels: readonly {
      readonly type: string;
      readonly title: string;
      readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
    }[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[] };
  };
const alerts = (name: string) =>
  (
    parse(text(`alerts/${name}.yml`)) as {
      readonly groups: readonly {
        readonly rules: readonly {
          readonly alert: string;
          readonly expr: string;
          readonly annotations: Readonly<Record<string, string>>;
        }[];
      }[];
    }
  ).groups.flatMap(({ rules }) => rules);

/** Every name in an expression is one that the program exports, with the labels that it has. */
function expectKnown(where: string, expression: string, written: string, exported: Exported): void {
  const metrics = metricsIn(expression);
  expect([where, metrics.length > 0]).toEqual([where, true]);
  const labels = new Set(ADDED.labels);
  for (const { metric, labels: selected } of metrics) {
    if (ADDED.metrics.includes(metric)) continue;
    const base = baseOf(metric, exported);
    expect([where, base, exported.types.has(base)]).toEqual([where, base, true]);
    const own = exported.labels.get(base) ?? [];
    for (const label of own) labels.add(label);
    for (const label of selected)
      expect([where, metric, label, [...own, ...ADDED.labels].includes(label)]).toEqual([where, metric, label, true]);
  }
  for (const label of [...groupedBy(expression), ...labelsWritten(written)])
    expect([where, label, labels.has(label)]).toEqual([where, label, true]);
}

describe('the metrics', () => {
  it.each(listed(COORDINATOR))('of the coordinator: $name', ({ name, labels }) => {
    expect(coordinator.types.has(name)).toBe(true);
    expect([...(coordinator.labels.get(name) ?? [])].sort()).toEqual([...labels].sort());
  });

  it.each(listed(AGENT))('of the agent: $name', ({ name, labels }) => {
    expect(agent.types.has(name)).toBe(true);
    expect(agent.labels.get(name)).toEqual(expect.arrayContaining(labels));
  });

  it('bring the process itself along, at the coordinator', () => {
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
      expect(coordinator.types.has(name)).toBe(true);
  });

  it('have labels of a few known kinds: none for a person, a path, a column, a study or a hash', () => {
    const few = ['version', 'state', 'site', 'outcome', 'reason', 'phase', 'code', 'result', 'method', 'route', 'action'];
    const atSite = ['version', 'reason', 'outcome', 'step', 'code', 'population', 'kind', 'engine', 'device', 'check'];
    for (const [name, labels] of coordinator.labels)
      if (name.startsWith('consilium_')) for (const label of labels) expect([name, few.includes(label)]).toEqual([name, true]);
    for (const [name, labels] of agent.labels) for (const label of labels) expect([name, atSite.includes(label)]).toEqual([name, true]);
  });

  it('are named by the rules: base units, _total for what only grows, timestamps and never ages', () => {
    for (const { types } of [coordinator, agent])
      for (const [name, type] of types) {
        if (!name.startsWith('consilium_')) continue;
        expect([name, type, name.endsWith('_total')]).toEqual([name, type, type === 'counter']);
        expect(name).not.toMatch(/_age(?:_|$)|_since|millis|_ms(?:_|$)|minutes|hours|days/);
      }
  });
});

describe('the dashboards', () => {
  it.each([
    ['coordinator', () => coordinator],
    ['site', () => agent],
  ])('%s: shows only what the running program exports', (name, exported) => {
    const { panels, templating, uid } = dashboard(name);
    expect(uid).toBe(`consilium-${name}`);
    const shown = panels.filter(({ type }) => type !== 'row');
    expect(shown.length).toBeGreaterThan(10);
    for (const { title, targets = [] } of shown) {
      expect([title, targets.length > 0]).toEqual([title, true]);
      for (const { expr, legendFormat } of targets) expectKnown(title, expr, legendFormat, exported());
    }
    for (const { query } of templating.list) {
      const [, metric] = /^label_values\((\w+)/.exec(typeof query === 'string' ? query : query.query) ?? [];
      if (metric !== undefined) expect(exported().types.has(metric)).toBe(true);
    }
  });

  it('show every metric of their program that is not a build’s version of another', () => {
    for (const [name, exported] of [
      ['coordinator', coordinator],
      ['site', agent],
    ] as const) {
      const shown = new Set(
        dashboard(name).panels.flatMap(({ targets = [] }) =>
          targets.flatMap(({ expr }) => metricsIn(expr).map(({ metric }) => baseOf(metric, exported))),
        ),
      );
      expect([...exported.types.keys()].filter((metric) => metric.startsWith('consilium_') && !shown.has(metric))).toEqual([]);
    }
  });

  it('would be found out with a name that nobody exports', () => {
    expect(() => expectKnown('x', 'rate(consilium_rounds[5m])', '', coordinator)).toThrow();
    expect(() => expectKnown('x', 'sum by (study) (rate(consilium_rounds_total[5m]))', '', coordinator)).toThrow();
    expect(() => expectKnown('x', 'consilium_sites{study="x"}', '', coordinator)).toThrow();
    expect(() => expectKnown('x', 'consilium_sites', '{{ $labels.user }}', coordinator)).toThrow();
  });
});

describe('the alerts', () => {
  it.each([
    ['coordinator', () => coordinator],
    ['site', () => agent],
  ])('%s: watch only what the running program exports, and say what to do', (name, exported) => {
    for (const { alert, expr, annotations } of alerts(name)) {
      expectKnown(alert, expr, Object.values(annotations).join(' '), exported());
      expect(annotations).toEqual({ summary: expect.stringMatching(/\.$/) as string, action: expect.stringMatching(/.{20}/) as string });
    }
  });

  it('are those that the product promises', () => {
    expect(alerts('coordinator').map(({ alert }) => alert)).toEqual(
      expect.arrayContaining([
        'ConsiliumSiteSilent',
        'ConsiliumSiteCertificateEnds',
        'ConsiliumSpoolNearlyFull',
        'ConsiliumStateDisagreement',
        'ConsiliumLedgerMirrorInvalid',
        'ConsiliumRoundFailsAgain',
      ]),
    );
    expect(alerts('site').map(({ alert }) => alert)).toEqual(
      expect.arrayContaining(['ConsiliumBudgetNearlySpent', 'ConsiliumAgentCertificateEnds']),
    );
  });

  it('watch series that are there from the start: growth from nothing is no growth', async () => {
    const exposition = await new Metrics().registry.metrics();
    expect(exposition).toContain('consilium_ledger_mirror_entries_total{result="refused"} 0');
    expect(exposition).toContain('consilium_round_failures_total{reason="sumCheck"} 0');
    expect(exposition).toContain('consilium_state_disagreements_total 0');
  });

  // promtool comes with Prometheus (Debian: prometheus); without it only the names above are checked.
  it.skipIf(spawnSync('promtool', ['--version']).status !== 0)('fire when they should and not before, by promtool', () => {
    const rules = readdirSync(new URL('alerts/', MONITORING)).map((name) => fileURLToPath(new URL(`alerts/${name}`, MONITORING)));
    expect(spawnSync('promtool', ['check', 'rules', ...rules], { encoding: 'utf8' })).toMatchObject({ status: 0 });
    const tests = fileURLToPath(new URL('alerts.test.yml', import.meta.url));
    expect(spawnSync('promtool', ['test', 'rules', tests], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});
