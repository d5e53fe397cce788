import { Writable } from 'node:stream';
import { SessionServiceService } from '@consilium/protocol/wire';
import { describe, expect, it } from 'vitest';
import { createLogger, createMetrics, serveMetrics } from './index.js';

describe('the log', () => {
  it('keeps fixed texts and allow-listed fields, and drops everything else (OPS-1)', () => {
    const lines: string[] = [];
    const to = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
    const log = createLogger(to, 'debug');
    const fields = { study: 'ab'.repeat(32), round: 3, code: 'DATA_UNREADABLE', incident: '4F2A', row: 'CANARY', err: new Error('CANARY') };
    log.warn(fields, 'round refused');
    log.debug({ site: { name: 'CANARY' } }, 'odd');
    log.error(new Error('CANARY'), 'an error');
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      study: 'abababab',
      round: 3,
      code: 'DATA_UNREADABLE',
      incident: '4F2A',
      msg: 'round refused',
    });
    expect(lines.join('')).not.toContain('CANARY');
  });
});

describe('the metrics of an agent', () => {
  it('time the steps of rounds, and have every step from the start', async () => {
    const metrics = createMetrics();
    metrics.step('train', 12);
    metrics.trained(3);
    const page = await metrics.registry.metrics();
    expect(page).toContain('consilium_agent_round_step_duration_seconds_sum{step="train"} 12');
    expect(page).toContain('consilium_agent_round_step_duration_seconds_count{step="decrypt"} 0');
    expect(page).toContain('consilium_agent_train_steps_total 3');
  });

  it('count what is written to ledgers, when one was checked, and how long the disk took', async () => {
    const { ledger, registry } = createMetrics();
    ledger.verified(new Date('2027-01-01T00:00:00Z'));
    ledger.written('spend');
    ledger.synced(0.002);
    const page = await registry.metrics();
    expect(page).toContain('consilium_agent_ledger_last_verified_timestamp_seconds 1798761600');
    expect(page).toContain('consilium_agent_ledger_entries_total{kind="spend"} 1');
    expect(page).toContain('consilium_agent_ledger_fsync_duration_seconds_bucket{le="0.003"} 1');
  });

  it('say what trains, on what, and what the doctor found', async () => {
    const metrics = createMetrics();
    metrics.engine({ name: 'native', version: '2.21.0', devices: ['NVIDIA H100'] });
    metrics.doctor('clock', false);
    const page = await metrics.registry.metrics();
    expect(page).toContain('consilium_agent_engine_info{engine="native",version="2.21.0",device="NVIDIA H100"} 1');
    expect(page).toContain('consilium_agent_doctor_check_ok{check="clock"} 0');
  });
});

describe('the metrics page', () => {
  it('serves the registered names on its own address and nothing else', async () => {
    const metrics = createMetrics();
    const { observer } = metrics;
    const session = SessionServiceService.open.path;
    const refusal = { study: '', round: 0, attempt: 0, code: 'COHORT_TOO_SMALL', fields: {}, incident: '4F2A', kind: 1 };
    observer.sent('ciphertext', 1000);
    observer.opened(session);
    observer.message(session, { body: { $case: 'refusal', value: refusal } });
    metrics.certificateExpires(new Date('2027-01-01'));
    const address = `127.0.0.1:${20_000 + (process.pid % 20_000)}`;
    const stop = await serveMetrics(address, metrics);
    const page = await (await fetch(`http://${address}/metrics`)).text();
    expect(page).toContain('consilium_agent_egress_bytes_total{kind="ciphertext"} 1000');
    expect(page).toContain('consilium_agent_connected 1');
    expect(page).toContain('consilium_agent_refusals_total{code="COHORT_TOO_SMALL"} 1');
    expect(page).not.toContain('4F2A');
    observer.ended(session, 'UNAVAILABLE');
    expect(await metrics.registry.metrics()).toContain('consilium_agent_connected 0');
    expect((await fetch(`http://${address}/other`)).status).toBe(404);
    await expect(serveMetrics(address, metrics)).rejects.toMatchObject({ code: 'PORT_IN_USE', exitCode: 1 });
    stop();
  });
});
