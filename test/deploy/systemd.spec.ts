import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const FOLDER = new URL('../../deploy/systemd/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
/** Every assignment, in order; a list option may come several times. */
const options = (name: string) =>
  text(name)
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
const option = (name: string, key: string) =>
  options(name)
    .filter(([found]) => found === key)
    .map(([, value]) => value);
const UNIT = 'consilium-site.service';

describe('the unit of the agent', () => {
  it.each([
    ['User', 'consilium'],
    ['NoNewPrivileges', 'yes'],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'yes'],
    ['PrivateTmp', 'yes'],
    ['StateDirectory', 'consilium'],
    ['StateDirectoryMode', '0700'],
    ['ReadOnlyPaths', '-/data'],
    ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX'],
    ['CapabilityBoundingSet', ''],
    ['Restart', 'on-failure'],
    ['LimitCORE', '0'],
  ])('has %s=%s', (key, value) => {
    expect(option(UNIT, key)).toEqual([value]);
  });

  it('bounds memory and processor, checks its settings before it starts, and ends within 30 seconds', () => {
    expect(option(UNIT, 'MemoryMax')).toHaveLength(1);
    expect(option(UNIT, 'CPUQuota')).toHaveLength(1);
    expect(option(UNIT, 'ExecStartPre')[0]).toMatch(/config check$/);
    expect(option(UNIT, 'TimeoutStopSec')).toEqual(['30s']);
  });

  it('lets Node compile: MemoryDenyWriteExecute would end it with a core dump', () => {
    expect(options(UNIT).map(([key]) => key)).not.toContain('MemoryDenyWriteExecute');
  });

  it('opens the devices of a graphics card only in its drop-in, and no others there', () => {
    expect(option(UNIT, 'PrivateDevices')).toEqual(['yes']);
    expect(option('gpu.conf', 'PrivateDevices')).toEqual(['no']);
    expect(option('gpu.conf', 'DevicePolicy')).toEqual(['closed']);
    for (const device of option('gpu.conf', 'DeviceAllow')) expect(device).toMatch(/^(?:\/dev\/nvidia|char-nvidia)/);
    expect(options('gpu.conf').map(([key]) => key)).not.toContain('User');
  });
});

const version = Number(/^systemd (\d+)/.exec(spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0);

// `security --offline` came with systemd 250; elsewhere (no systemd, another system) the options above are all that is checked.
describe.skipIf(version < 250)('the unit, as systemd itself reads it', () => {
  let folder: string;
  let unit: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'consilium-unit-'));
    // `verify` wants the program to be there.
    const program = join(folder, 'consilium-site');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    unit = join(folder, UNIT);
    writeFileSync(unit, text(UNIT).replaceAll('/opt/consilium/bin/consilium-site', program));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const analyze = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, {
      encoding: 'utf8',
      env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' },
    });
    return { status, said: `${stdout}${stderr}` };
  };

  it('is right, with and without the drop-in of a graphics card', () => {
    expect(analyze('verify', '--man=no', unit)).toEqual({ status: 0, said: '' });
    mkdirSync(`${unit}.d`);
    writeFileSync(join(`${unit}.d`, 'gpu.conf'), text('gpu.conf'));
    expect(analyze('verify', '--man=no', unit)).toEqual({ status: 0, said: '' });
    rmSync(`${unit}.d`, { recursive: true });
  });

  it('exposes little: at most 2.0 of 10', () => {
    const { status, said } = analyze('security', '--offline=true', '--no-pager', '--threshold=20', unit);
    expect(said).toMatch(/Overall exposure level for consilium-site.service: [01]\.\d/);
    expect(status).toBe(0);
  });
});
