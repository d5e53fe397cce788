import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../coordinator/src/config/index.js';

const CHART = new URL('../../deploy/helm/consilium-coordinator/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, CHART), 'utf8');
const values = parse(text('values.yaml')) as Record<string, never>;
const schema = JSON.parse(text('values.schema.json')) as object;

/** What somebody who installs it has to say, and no more. */
const SAID = {
  consortium: 'heart.example',
  sites: { publicAddress: 'coord.heart.example:7443', serverNames: ['coord.heart.example'] },
  database: { external: { urlSecret: { name: 'consilium-database' } } },
};
/** Everything switched on: what is rendered. */
const EVERYTHING = parse(text('rendered/values.yaml')) as Tree;

type Tree = { readonly [key: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
/** As Helm puts values together: maps are merged, everything else is replaced. */
const merged = (one: Tree, other: Tree): Tree =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((key) => {
      const [a, b] = [one[key], other[key]];
      return [key, isTree(a) && isTree(b) ? merged(a, b) : b === undefined ? a : b];
    }),
  );

describe('the values of the chart', () => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  const check = (...said: readonly Tree[]) => {
    validate(said.reduce(merged, values));
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };

  it('are complete once the consortium, its address and its database are named', () => {
    expect(check(SAID)).toEqual([]);
    expect(check(SAID, EVERYTHING)).toEqual([]);
    expect(check({})).toEqual(
      expect.arrayContaining([
        expect.stringContaining('/consortium '),
        expect.stringContaining('/sites/publicAddress '),
        expect.stringContaining('/sites/serverNames '),
        expect.stringContaining('/database/external/urlSecret/name '),
      ]),
    );
  });

  it.each([
    ['a tag that moves', { image: { tag: 'latest' } }, '/image/tag'],
    ['a digest that is none', { image: { digest: 'sha256:abc' } }, '/image/digest'],
    ['an unknown field', { storages: {} }, ''],
    ['people without TLS', { people: { ingress: { enabled: true, host: 'heart.example' } } }, '/people/ingress'],
    [
      'an ingress that nobody is to believe',
      { people: { ingress: { enabled: true, host: 'h.example', tlsSecret: 'tls' } } },
      '/people/ingress',
    ],
    ['a bundled database without its Secret', { database: { mode: 'bundled' } }, '/database'],
    ['a database image without a version', { database: { bundled: { image: 'postgres' } } }, '/database/bundled/image'],
  ])('are refused with %s', (_, said, where) => {
    expect(check(SAID, said).some((line) => line.startsWith(where))).toBe(true);
  });

  it('hold no secret, only names of Secrets', () => {
    expect(text('values.yaml').replaceAll(/#.*$/gm, '')).not.toMatch(/password:|token:|postgres:\/\//);
  });
});

describe('the templates', () => {
  const helm = spawnSync('helm', ['version', '--short'], { encoding: 'utf8' });
  const golden = parseAllDocuments(text('rendered/everything.yaml')).map((document) => document.toJS() as Manifest);
  const find = (kind: string, name = 'r-consilium-coordinator') =>
    golden.find((one) => one.kind === kind && one.metadata.name === name) ?? expect.fail(`${kind} ${name}`);

  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'consilium-chart-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // Where there is no Helm, what it made of them (helm 3.18.4) stands in for it: rendered/everything.yaml.
  it.skipIf(helm.status !== 0)('give what is kept beside them, by the helm that is here', () => {
    const file = fileURLToPath(new URL('rendered/values.yaml', CHART));
    const run = (...args: string[]) => spawnSync('helm', [...args, '--values', file], { encoding: 'utf8' });
    expect(run('lint', '--strict', fileURLToPath(CHART))).toMatchObject({ status: 0 });
    const { stdout, stderr } = run('template', 'r', fileURLToPath(CHART), '--kube-version', '1.33.0');
    expect(stderr).toBe('');
    expect(parseAllDocuments(stdout).map((document) => document.toJS() as unknown)).toEqual(golden);
  });

  it('are those that were rendered: else deploy/helm/render.sh is to be run', () => {
    const sources = ['Chart.yaml', 'values.yaml', 'values.schema.json', 'rendered/values.yaml'];
    const templates = readdirSync(new URL('templates/', CHART)).map((name) => `templates/${name}`);
    const hash = createHash('sha256');
    for (const name of [...sources, ...templates.sort()]) hash.update(readFileSync(new URL(name, CHART)));
    expect(text('rendered/sources.sha256').trim()).toBe(hash.digest('hex'));
  });

  it('use only values that exist', () => {
    const known = (path: string) => path.split('.').reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), values) !== undefined;
    for (const name of readdirSync(new URL('templates/', CHART)))
      for (const [, path] of text(`templates/${name}`).matchAll(/\.Values\.([A-Za-z.]+)/g))
        expect([name, path, known(path ?? '')]).toEqual([name, path, true]);
  });

  it('run one coordinator, not as root, with a read-only root and no capability', () => {
    const { spec } = find('StatefulSet');
    expect(spec.replicas).toBe(1);
    const pod = spec.template!.spec;
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const { spec: any } of golden.filter(({ kind }) => kind === 'StatefulSet'))
      for (const container of [...(any.template!.spec.initContainers ?? []), ...any.template!.spec.containers])
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
  });

  it('probe readiness for traffic, and liveness with a minute of patience at least', () => {
    const [container] = find('StatefulSet').spec.template!.spec.containers;
    const { startupProbe, readinessProbe, livenessProbe } = container!;
    expect([startupProbe, readinessProbe, livenessProbe].map((probe) => probe!.httpGet?.path)).toEqual(['/readyz', '/readyz', '/healthz']);
    expect(livenessProbe!.periodSeconds * livenessProbe!.failureThreshold).toBeGreaterThanOrEqual(60);
    expect(startupProbe!.periodSeconds * startupProbe!.failureThreshold).toBeGreaterThanOrEqual(300);
  });

  it('keep the state on a volume that outlives the chart', () => {
    const { spec } = find('StatefulSet');
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    expect(spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name)).toEqual(['state']);
  });

  it('give the coordinator settings that it reads, and the database by a file', async () => {
    const file = join(folder, 'coordinator.yaml');
    const { data = {} } = find('ConfigMap');
    writeFileSync(file, (data['coordinator.yaml'] ?? '').replace(/^databaseUrlFile:.*$/m, ''));
    expect(data['coordinator.yaml']).toContain('databaseUrlFile: /run/consilium/database/url');
    expect(await loadConfig({ config: file }, {})).toMatchObject({
      consortium: 'heart.example',
      grpc: { port: 7443, publicAddress: 'coord.heart.example:7443', serverNames: ['coord.heart.example'] },
      http: { host: '0.0.0.0', port: 7480, publicUrl: 'https://heart.example', trustedProxies: ['10.244.0.0/16'] },
    });
    expect(JSON.stringify(golden)).not.toContain('DATABASE_URL');
  });

  it('let in sites, and to the API only who is named; the database is the coordinator’s alone', () => {
    const { spec } = find('NetworkPolicy');
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(spec.ingress).toEqual([
      { ports: [{ port: 'sites', protocol: 'TCP' }] },
      { ports: [{ port: 'people', protocol: 'TCP' }], from: [{ namespaceSelector: {} }] },
    ]);
    expect(spec.egress).toHaveLength(3);
    const database = find('NetworkPolicy', 'r-consilium-coordinator-postgresql').spec;
    expect(database.egress ?? []).toEqual([]);
    expect(database.ingress).toHaveLength(1);
  });
});

interface Probe {
  readonly httpGet?: { readonly path: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}
interface Container {
  readonly securityContext: object;
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly template?: { readonly spec: { readonly initContainers?: readonly Container[]; readonly containers: readonly Container[] } };
    readonly persistentVolumeClaimRetentionPolicy?: object;
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly object[];
    readonly egress?: readonly object[];
  };
}
