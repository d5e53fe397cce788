import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { resolveStudy, parseYaml, StudyFile, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { heartTable, noisyYaml } from '../../test/study-world.js';
import { loadConfig } from '../config/index.js';
import { openState } from '../state/index.js';
import { judgeDisk } from './checks/state-disk.js';
import { findingsText } from './describe-findings.js';
import { examine, type Examination } from './examine.js';
import { keepExamining } from './keep-examining.js';
import { runChecks } from './run-checks.js';
import type { Check, Finding } from './finding.js';

const world = new CliWorld();
const POLICY = '{ modes: [patient/distributed], deltaMax: 1.0e-3 }';
const READ_ONLY = { uid: 1000, may: (_: string, what: 'read' | 'write') => what === 'read' };

beforeAll(() => world.start());
afterAll(() => world.stop());
beforeEach(() => {
  world.settings({ policy: POLICY });
  world.write('heart.csv', heartTable(0));
  chmodSync(join(world.root, 'state'), 0o700);
});

const look = (groups: Examination['groups'], more: Partial<Examination> = {}): Promise<readonly Finding[]> =>
  examine({
    config: loadConfig(join(world.root, 'site.yaml')),
    groups,
    engine: () => Promise.resolve({ name: 'wasm', version: '4.22.0', why: 'it computes right here' }),
    rights: READ_ONLY,
    ...more,
  });
const of = (findings: readonly Finding[], check: string) => findings.find((one) => one.check === check)!;

describe('the doctor of a running agent', () => {
  it('looks at once and every hour at what costs little, sends nothing, and says what is not fine', async () => {
    const state = openState(join(world.root, 'state'));
    chmodSync(join(world.root, 'state'), 0o755);
    const heard: [string, boolean][] = [];
    const config = loadConfig(join(world.root, 'site.yaml'));
    const stop = keepExamining({ config, state, found: (check, fine) => heard.push([check, fine]), everyMs: 50 });
    await vi.waitFor(() => expect(heard.filter(([check]) => check === 'modes').length).toBeGreaterThan(1));
    stop();
    state.close();
    expect([...new Map(heard).keys()].toSorted()).toEqual(['data heart', 'disk', 'engine', 'memory', 'modes']);
    expect(new Map(heard).get('modes')).toBe(false);
    expect(new Map(heard).get('engine')).toBe(true);
  });
});

describe('the doctor on the network', () => {
  it('finds the way to the coordinator, its root, the certificate and the clock in order', async () => {
    const findings = await look(new Set(['network']));
    expect(findings.map(({ check, result }) => [check, result])).toEqual([
      ['dns', 'ok'],
      ['connect', 'ok'],
      ['tls', 'ok'],
      ['certificate', 'ok'],
      ['clock', 'ok'],
    ]);
    expect(of(findings, 'certificate').evidence).toMatch(/^accepted in \d+ ms, until \d{4}-\d{2}-\d{2}, 89 days left$/);
    expect(of(findings, 'clock').evidence).toContain("within a second of the coordinator's");
  });

  it('tells a refused connection from a name that nobody knows, and does not run what needs them', async () => {
    world.settings({ policy: POLICY, away: true });
    const refused = await look(new Set(['network']));
    expect(of(refused, 'connect')).toMatchObject({ result: 'fail', code: 'TCP_REFUSED', who: "coordinator's admin" });
    expect(of(refused, 'tls')).toMatchObject({ result: 'not run', evidence: 'needs connect' });
    const config = { ...loadConfig(join(world.root, 'site.yaml')), coordinator: 'no-such-host.invalid:443' };
    expect(of(await look(new Set(['network']), { config }), 'dns')).toMatchObject({ result: 'fail', code: 'DNS', who: 'network team' });
  });

  it('names a root that is not the pinned one, and whom to ask', async () => {
    const config = loadConfig(join(world.root, 'site.yaml'));
    const token = { coordinator: config.coordinator, caSpkiSha256: 'ab'.repeat(32), secret: 'not-sent' };
    const found = of(await look(new Set(['network']), { token }), 'tls');
    expect(found).toMatchObject({ result: 'fail', code: 'TLS_ISSUER', who: 'network team' });
    expect(found.fix).toContain(`Exempt ${config.coordinator} from TLS inspection`);
    expect(JSON.stringify(found)).not.toContain('not-sent');
  });

  it('tells a peer that is silent from one that speaks no TLS', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const config = { ...loadConfig(join(world.root, 'site.yaml')), coordinator: `127.0.0.1:${port}` };
    const findings = await look(new Set(['network']), { config }).finally(() => server.close());
    expect(of(findings, 'connect').result).toBe('ok');
    expect(of(findings, 'tls')).toMatchObject({ result: 'fail', code: 'TLS_HANDSHAKE' });
  });

  it('ends a check that never answers, and goes on', async () => {
    const checks = [
      { name: 'one', group: 'network', look: () => new Promise<never>(() => undefined) },
      { name: 'two', group: 'network', look: () => ({ result: 'ok', evidence: 'fine' }) },
    ] satisfies readonly Check[];
    expect((await runChecks(checks, 30)).map(({ result, code }) => [result, code])).toEqual([
      ['fail', 'CHECK_TIMEOUT'],
      ['ok', null],
    ]);
  });
});

describe('the doctor on the data', () => {
  it('wants them readable and not writable', async () => {
    expect(of(await look(new Set(['data'])), 'data heart')).toMatchObject({ result: 'ok' });
    const writable = of(await look(new Set(['data']), { rights: { uid: 1000, may: () => true } }), 'data heart');
    expect(writable).toMatchObject({ result: 'fail', code: 'DATA_WRITABLE', who: 'site IT' });
    const unreadable = of(await look(new Set(['data']), { rights: { uid: 1000, may: () => false } }), 'data heart');
    expect(unreadable).toMatchObject({ result: 'fail', code: 'DATA_UNREADABLE' });
    const root = of(await look(new Set(['data']), { rights: { uid: 0, may: () => true } }), 'data heart');
    expect(root).toMatchObject({ result: 'warn', fix: expect.stringContaining('sudo -u consilium') });
  });

  it('reads the cohort by every proposed study, and says a column but no value', async () => {
    const specification = studySpecification(resolveStudy(parseYaml(noisyYaml(), StudyFile, 'study'), sealParameters));
    const hash = world.propose(specification);
    await world.run('study list');
    expect(of(await look(new Set(['data'])), 'cohort heart')).toMatchObject({ result: 'ok', evidence: 'fits 1 proposed study' });
    const [header = '', ...rows] = heartTable(0).split('\n');
    const canary = '31337733';
    world.write('heart.csv', [header, ...rows.map((row) => row.replace(/^[^,]+/, canary))].join('\n'));
    const found = of(await look(new Set(['data'])), 'cohort heart');
    expect(found).toMatchObject({ result: 'fail', fix: `Run: consilium-site cohort check heart --study ${hash.slice(0, 8)}` });
    expect(found.code).toMatch(/^COHORT_/);
    expect(JSON.stringify(found)).not.toContain(canary);
  });
});

describe('the doctor on the machine', () => {
  it('finds modes, disk, memory and engine in order', async () => {
    const findings = await look(new Set(['site']));
    expect(findings.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(['modes', 'disk', 'ledger', 'memory', 'engine']);
    expect(of(findings, 'engine').evidence).toBe('wasm 4.22.0: it computes right here');
  });

  it('says which file others can read and the command that repairs it, also where the state cannot be opened then', async () => {
    chmodSync(join(world.root, 'state'), 0o755);
    const findings = await look(new Set(['site']));
    expect(of(findings, 'modes')).toMatchObject({
      result: 'fail',
      code: 'FILE_MODE',
      fix: `Run: chmod 0700 '${join(world.root, 'state')}'`,
    });
    chmodSync(join(world.root, 'state'), 0o700);
    const stray = join(world.root, 'state', 'keys', 'stray');
    mkdirSync(stray, { mode: 0o700 });
    writeFileSync(join(stray, 'copy.key'), 'secret', { mode: 0o644 });
    const found = of(await look(new Set(['site'])), 'modes');
    rmSync(stray, { recursive: true });
    expect(found).toMatchObject({ result: 'fail', evidence: expect.stringContaining('copy.key has mode 0644') });
  });

  it.each([
    ['STATE_ON_NETWORK', { type: 0x6969, freeBytes: 2 ** 40, syncMs: 1 }],
    ['DISK_FULL', { type: 0xef53, freeBytes: 2 ** 20, syncMs: 1 }],
    ['DISK_LOW', { type: 0xef53, freeBytes: 2 ** 29, syncMs: 1 }],
    ['DISK_SLOW', { type: 0xef53, freeBytes: 2 ** 40, syncMs: 250 }],
  ])('says %s of a disk like that', (code, facts) => {
    expect(judgeDisk('/state', facts)).toMatchObject({ code });
  });
});

describe('the command', () => {
  it('exits 0 where nothing failed, 3 where the coordinator is not reached, 6 where something here is wrong', async () => {
    expect((await world.run('doctor --network')).code).toBe(0);
    world.settings({ policy: POLICY, away: true });
    const away = await world.json('doctor --network');
    expect(away).toMatchObject({ code: 3, ok: false, error: { code: 'TCP_REFUSED' } });
    expect(away.data['findings']).toContainEqual(expect.objectContaining({ check: 'connect', result: 'fail', who: "coordinator's admin" }));
    world.settings({ policy: POLICY });
    rmSync(join(world.root, 'heart.csv'));
    expect(await world.run('doctor --data')).toMatchObject({ code: 6, stdout: expect.stringContaining('FAIL  data heart') });
  });

  it('prints a fix and who can act under every failure', async () => {
    const text = findingsText(await look(new Set(['data']), { rights: { uid: 1000, may: () => true } }));
    expect(text).toMatch(/^FAIL {2}data heart .*\[DATA_WRITABLE\]\n {6}fix .*\(who: site IT\)$/m);
    expect(text).toContain('1 of 2 checks failed, 1 not run. No data were sent.');
  });
});
