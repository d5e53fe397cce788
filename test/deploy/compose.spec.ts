import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../coordinator/src/config/index.js';
import { parseConfig } from '../../site-agent/src/config/index.js';

interface Service {
  readonly image: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly privileged?: boolean;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: object;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly volumes: readonly (
    string | { readonly type: string; readonly source: string; readonly target: string; readonly read_only?: boolean }
  )[];
  readonly deploy: { readonly resources: { readonly limits: { readonly memory: string; readonly pids: number } } };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const FOLDER = new URL('../../deploy/compose/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const compose = parse(text('compose.yaml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const SITES = ['a', 'b', 'c', 'd'];

describe('the compose file', () => {
  it('is one by the Compose Specification', () => {
    const { $schema: _, ...schema } = JSON.parse(readFileSync(new URL('schemas/compose-spec.json', import.meta.url), 'utf8')) as object & {
      $schema: string;
    };
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...compose, services: { coordinator: { imagee: 'x' } } })).toBe(false);
  });

  it('is a whole consortium', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      ['coordinator', 'grafana', 'postgres', 'prometheus', ...SITES.map((site) => `site-${site}`)].sort(),
    );
  });

  it.each(services)('%s: not root, read-only root, no capability, no new rights, bounded, and watched', (_, service) => {
    expect(service.user).toMatch(/^\$\{CONSILIUM_UID:\?/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.privileged).toBeUndefined();
    expect(service.image).toMatch(/:v?\d+\.\d+(?:\.\d+)?[\w.-]*$/);
    expect(service.healthcheck.test[0]).toBe('CMD');
    expect(service.deploy.resources.limits.memory).toMatch(/^\d+[MG]$/);
    expect(service.deploy.resources.limits.pids).toBeGreaterThan(0);
  });

  it('has secrets as files, and none in the environment', () => {
    for (const [, { environment = {} }] of services)
      for (const [name, value] of Object.entries(environment))
        if (/pass|secret|token|key/i.test(name))
          expect([name, value]).toEqual([expect.stringMatching(/FILE$/), expect.stringContaining('/run/secrets/')]);
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//);
  });

  it('publishes nothing to other machines by itself, and nothing of a site at all', () => {
    for (const [name, { ports = [] }] of services) {
      for (const port of ports) expect(port).toMatch(/^(?:127\.0\.0\.1|\$\{SITES_ADDRESS:-127\.0\.0\.1\}):/);
      if (name.startsWith('site-')) expect(ports).toEqual([]);
    }
  });

  it('keeps the database to the coordinator, and sites to networks that lead nowhere else', () => {
    const on = (network: string) => services.filter(([, service]) => service.networks.includes(network)).map(([name]) => name);
    expect(on('database').sort()).toEqual(['coordinator', 'postgres']);
    for (const site of SITES)
      for (const network of compose.services[`site-${site}`]!.networks) expect(compose.networks[network]?.internal).toBe(true);
  });

  it.each(SITES)('site %s: reads its data and cannot write them, shares no folder with another, and waits for nobody', (site) => {
    const service = compose.services[`site-${site}`]!;
    const mounts = service.volumes.map((volume) => (typeof volume === 'string' ? expect.fail(volume) : volume));
    expect(mounts.filter((mount) => mount.read_only !== true).map(({ source, target }) => [source, target])).toEqual([
      [`./state/site-${site}`, '/var/lib/consilium'],
    ]);
    expect(mounts.find(({ target }) => target === '/data')?.source).toBe(`./data/${site}`);
    expect(service.depends_on).toBeUndefined();
  });

  it('names files that are there', () => {
    const sources = services.flatMap(([, { volumes }]) => volumes.flatMap((volume) => (typeof volume === 'string' ? [] : [volume.source])));
    const ours = sources.filter((source) => !/^\.\/(?:state|secrets|data)\//.test(source));
    expect(ours.filter((source) => !existsSync(new URL(source, FOLDER)))).toEqual([]);
  });
});

describe('the settings beside it', () => {
  it('give people links to the address that is published', () => {
    const { http } = parse(text('coordinator.yaml')) as { http: { publicUrl: string } };
    const published = compose.services['coordinator']?.ports?.map((port) => port.replace(/:\d+$/, ''));
    expect(published).toContain(http.publicUrl.replace('http://', ''));
  });

  it.each(SITES)('are what the agent reads (site %s), at the address that tokens carry', (site) => {
    const config = parseConfig(text(`sites/${site}/site.yaml`), '/etc/consilium/site.yaml');
    const { grpc } = parse(text('coordinator.yaml')) as { grpc: { publicAddress: string } };
    expect(config).toMatchObject({ site, coordinator: grpc.publicAddress, state: '/var/lib/consilium', metrics: '0.0.0.0:9465' });
  });
});

describe('prepare.sh', () => {
  let folder: string;
  const prepare = () =>
    spawnSync('sh', [join(folder, 'prepare.sh')], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], CONSILIUM_UID: '10001', CONSILIUM_GID: '10001' },
    });
  const mode = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'consilium-compose-'));
    cpSync(fileURLToPath(FOLDER), folder, { recursive: true, filter: (path) => !/\/(?:secrets|state|data|\.env)$/.test(path) });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('makes every secret, closed to others, prints none, and keeps them when it runs again', async () => {
    const first = prepare();
    expect(first).toMatchObject({ status: 0, stdout: '' });
    const password = read('secrets/postgres_password');
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect(first.stderr).not.toContain(password);
    for (const path of [
      'secrets/postgres_password',
      'secrets/grafana_password',
      'secrets/metrics_token',
      'secrets/coordinator/database.url',
      '.env',
    ])
      expect([path, mode(path)]).toEqual([path, '600']);
    for (const path of ['secrets/coordinator', 'state/coordinator', 'state/site-a', 'data/d'])
      expect([path, mode(path)]).toEqual([path, '700']);
    expect(read('.env')).toContain('CONSILIUM_UID=10001\n');
    expect(prepare().status).toBe(0);
    expect(read('secrets/postgres_password')).toBe(password);
    // What it wrote is what the coordinator takes, where it runs as their owner.
    if (process.getuid?.() === 0) spawnSync('chown', ['-R', '0:0', folder]);
    const settings = join(folder, 'coordinator.yaml');
    const databaseUrl = `postgres://consilium:${password}@postgres:5432/consilium`;
    const { writeFileSync } = await import('node:fs');
    writeFileSync(settings, text('coordinator.yaml').replace('/etc/consilium/secrets', join(folder, 'secrets/coordinator')));
    expect(await loadConfig({ config: settings }, {})).toMatchObject({ databaseUrl, grpc: { port: 7443 }, http: { port: 7480 } });
  });

  it('makes what the compose file names', () => {
    for (const [, { volumes }] of services)
      for (const volume of volumes)
        if (typeof volume !== 'string' && volume.source.startsWith('./')) expect(existsSync(join(folder, volume.source))).toBe(true);
    for (const { file } of Object.values(compose.secrets)) expect(existsSync(join(folder, file))).toBe(true);
  });
});
