import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cruise, plantedCopy, ROOT, type ImportGraph } from './cruise.js';

const PLANTED: Readonly<Record<string, string>> = {
  'coordinator/src/planted/learns.ts': `import '@consilium/learning';`,
  'coordinator/src/planted/reads-patients.ts': `import type {} from '@consilium/cohort';`,
  'coordinator/src/planted/learns-through-another.ts': `import '@consilium/planted-bridge';`,
  'libs/planted-bridge/package.json': JSON.stringify({
    name: '@consilium/planted-bridge',
    type: 'module',
    exports: { '.': { source: './src/index.ts', default: './dist/index.js' } },
    dependencies: { '@consilium/learning': '0.1.0' },
  }),
  'libs/planted-bridge/src/index.ts': `export * from '@consilium/learning';`,
  'coordinator/cli/planted/decrypts.ts': `import '@consilium/sealed-sum';`,
  'coordinator/src/planted/decrypts-by-path.ts': `import '../../../libs/sealed-sum/src/site/planted.js';`,
  'coordinator/src/planted/decrypts-through-fold.ts': `import '../../../libs/sealed-sum/src/fold/planted.js';`,
  'coordinator/src/planted/uses-the-cipher.ts': `import 'node-seal';`,
  'coordinator/src/planted/draws-noise.ts': `import '../../../libs/privacy/src/mechanism/index.js';`,
  'site-agent/src/planted/seeded-noise.ts': `import '../../../libs/privacy/src/simulation/index.js';`,
  'libs/learning/src/planted/seeded-noise.ts': `import '../../../privacy/src/simulation/index.js';`,
  'libs/sealed-sum/src/fold/planted.ts': `import '../site/planted.js';`,
  'libs/sealed-sum/src/site/planted.ts': `export {};`,
  'coordinator/src/planted/knows-a-site.ts': `import '@consilium/site-agent';`,
  'coordinator/src/planted/allowed.ts': `import '@consilium/protocol';
    import '@consilium/protocol/wire';
    import '@consilium/identity';
    import '@consilium/sealed-sum/fold';
    import '@consilium/sealed-sum/parameters';
    import '@nestjs/common';
    import 'kysely';`,
  'site-agent/src/planted/knows-the-coordinator.ts': `import '@consilium/coordinator';`,
  'site-agent/src/planted/uses-the-demo.ts': `import '@consilium/demo';`,
  'site-agent/src/planted/undeclared.ts': `import 'kysely';`,
  'site-agent/src/planted/leads-nowhere.ts': `import './nobody.js';`,
  'site-agent/src/planted/one.ts': `import './two.js';`,
  'site-agent/src/planted/two.ts': `import './one.js';`,
  'site-agent/src/planted/ships-a-test.ts': `import './planted.spec.js';`,
  'site-agent/src/planted/planted.spec.ts': `export {};`,
  'site-agent/src/planted/allowed.ts': `import '@consilium/protocol/wire';
    import '@consilium/cohort';
    import '@consilium/learning';
    import '@consilium/sealed-sum';
    import '@grpc/grpc-js';
    import 'node:sqlite';`,
  'demo/src/planted/looks-inside.ts': `import '@consilium/coordinator';`,
  'demo/src/planted/speaks-the-wire.ts': `import '@consilium/protocol/wire';`,
  'libs/cohort/src/planted/serves.ts': `import '@nestjs/common';`,
  'libs/cohort/src/planted/calls.ts': `import '@grpc/grpc-js';`,
  'libs/cohort/src/planted/stores.ts': `import 'node:sqlite';`,
  'libs/cohort/src/planted/queries.ts': `import 'kysely';`,
  'libs/cohort/src/planted/speaks-the-wire.ts': `import '@consilium/protocol/wire';`,
  'libs/cohort/src/planted/signs.ts': `import '@consilium/identity';`,
  'libs/cohort/src/planted/runs-a-site.ts': `import '@consilium/site-agent';`,
  'libs/ledger/src/planted/signs.ts': `import '@consilium/identity';`,
  'libs/ledger/src/planted/draws-noise.ts': `import '@consilium/privacy/mechanism';`,
  'libs/ledger/src/planted/stores.ts': `import 'node:sqlite';`,
  'libs/ledger/src/planted/allowed.ts': `import '@consilium/privacy'; import '@consilium/protocol';`,
  'libs/learning/src/planted/signs.ts': `import '@consilium/identity';`,
  'libs/learning/src/planted/reads-files.ts': `import '@consilium/cohort';`,
  'libs/learning/src/planted/allowed.ts': `import type {} from '@consilium/cohort'; import '@consilium/protocol';`,
};

let real: ImportGraph;
let planted: ImportGraph;
let copy: string;

beforeAll(() => {
  copy = plantedCopy(PLANTED);
  planted = cruise(copy);
  // What was planted imports what is real, never the other way round: the rest of the graph is the repository's own.
  const own = (file: string) => !Object.hasOwn(PLANTED, file);
  real = {
    violations: planted.violations.filter(({ from }) => own(from)),
    imports: new Map([...planted.imports].filter(([file]) => own(file))),
  };
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('imports', () => {
  it('go one way in the whole repository', () => {
    expect(real.violations).toEqual([]);
  });

  it.each([
    ['of learning by the coordinator', 'coordinator/src/planted/learns.ts', 'coordinator-is-blind'],
    ['of a type of the patient data by the coordinator', 'coordinator/src/planted/reads-patients.ts', 'coordinator-is-blind'],
    ['of learning through a third package', 'coordinator/src/planted/learns-through-another.ts', 'coordinator-is-blind'],
    ['of the sealed sum as sites use it', 'coordinator/cli/planted/decrypts.ts', 'coordinator-cannot-decrypt'],
    ['of the whole sealed sum', 'coordinator/cli/planted/decrypts.ts', 'coordinator-takes-fold-and-parameters'],
    ['of decryption by a path', 'coordinator/src/planted/decrypts-by-path.ts', 'coordinator-cannot-decrypt'],
    ['of decryption through the fold', 'coordinator/src/planted/decrypts-through-fold.ts', 'coordinator-cannot-decrypt'],
    ['of the cipher itself', 'coordinator/src/planted/uses-the-cipher.ts', 'coordinator-uses-no-cipher'],
    ['of the site agent by the coordinator', 'coordinator/src/planted/knows-a-site.ts', 'coordinator-knows-no-site'],
    ['of the coordinator by the site agent', 'site-agent/src/planted/knows-the-coordinator.ts', 'site-knows-no-coordinator'],
    ['of the demo', 'site-agent/src/planted/uses-the-demo.ts', 'nothing-imports-the-demo'],
    ['of a package that is not declared', 'site-agent/src/planted/undeclared.ts', 'declared-dependency'],
    ['of a file that is not there', 'site-agent/src/planted/leads-nowhere.ts', 'resolvable'],
    ['of noise by the coordinator', 'coordinator/src/planted/draws-noise.ts', 'coordinator-draws-no-noise'],
    ['of noise from a seed by a site', 'site-agent/src/planted/seeded-noise.ts', 'no-noise-from-a-seed'],
    ['of noise from a seed by learning', 'libs/learning/src/planted/seeded-noise.ts', 'no-noise-from-a-seed'],
    ['in a circle', 'site-agent/src/planted/one.ts', 'no-cycle'],
    ['of a test by the product', 'site-agent/src/planted/ships-a-test.ts', 'no-test-in-the-product'],
    ["of the coordinator's inside by the demo", 'demo/src/planted/looks-inside.ts', 'demo-starts-processes'],
    ['of the wire by the demo', 'demo/src/planted/speaks-the-wire.ts', 'wire-belongs-to-the-processes'],
    ['of Nest by a library', 'libs/cohort/src/planted/serves.ts', 'libs-know-no-server'],
    ['of gRPC by a library', 'libs/cohort/src/planted/calls.ts', 'libs-know-no-server'],
    ['of SQLite by a library', 'libs/cohort/src/planted/stores.ts', 'libs-know-no-server'],
    ['of Kysely by a library', 'libs/cohort/src/planted/queries.ts', 'libs-know-no-server'],
    ['of the wire by a library', 'libs/cohort/src/planted/speaks-the-wire.ts', 'wire-belongs-to-the-processes'],
    ['of another library', 'libs/cohort/src/planted/signs.ts', 'libs-stand-alone'],
    ['of a process by a library', 'libs/cohort/src/planted/runs-a-site.ts', 'libs-know-no-process'],
    ['of more than types of cohort by learning', 'libs/learning/src/planted/reads-files.ts', 'learning-reads-no-files'],
    ['of signatures by the ledger', 'libs/ledger/src/planted/signs.ts', 'ledger-knows-privacy'],
    ['of noise by the ledger', 'libs/ledger/src/planted/draws-noise.ts', 'ledger-knows-privacy'],
    ['of SQLite by the ledger, for more than its lock', 'libs/ledger/src/planted/stores.ts', 'libs-know-no-server'],
    ['of signatures by learning', 'libs/learning/src/planted/signs.ts', 'learning-knows-cohort-and-privacy'],
  ])('are refused when planted: %s', (_, from, rule) => {
    expect(rulesBrokenBy(planted, from)).toContain(rule);
  });

  it.each([
    'coordinator/src/planted/allowed.ts',
    'site-agent/src/planted/allowed.ts',
    'libs/learning/src/planted/allowed.ts',
    'libs/ledger/src/planted/allowed.ts',
  ])('that the design allows are not refused: %s', (from) => {
    expect(planted.imports.get(from)?.length).toBeGreaterThan(1);
    expect(rulesBrokenBy(planted, from)).toEqual([]);
  });
});

describe('what the coordinator can reach of the sealed sum', () => {
  const KEYS_OR_DECRYPTION = /\b(Decryptor|KeyGenerator|SecretKey)\b/;

  it('names neither a decryptor nor a secret key, worker threads included', () => {
    const files = [...reachable(real, /^coordinator\/(src|cli)\//), ...globSync('libs/sealed-sum/src/fold/**/*.ts', { cwd: ROOT })];
    const shipped = files.filter((file) => file.startsWith('libs/sealed-sum/') && !file.endsWith('.spec.ts'));
    expect(shipped.length).toBeGreaterThan(0);
    expect(shipped.filter((file) => KEYS_OR_DECRYPTION.test(read(file)))).toEqual([]);
  });

  it('differs from what a site has, where the same search finds both', () => {
    const sources = globSync('libs/sealed-sum/src/{site,bfv}/**/*.ts', { cwd: ROOT }).map(read).join('\n');
    expect(sources).toMatch(/\bDecryptor\b/);
    expect(sources).toMatch(/\bSecretKey\b/);
  });
});

function rulesBrokenBy(graph: ImportGraph, from: string): readonly string[] {
  return [...new Set(graph.violations.filter((violation) => violation.from === from).map(({ rule }) => rule))];
}

function reachable(graph: ImportGraph, from: RegExp): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...graph.imports.keys()].filter((file) => from.test(file) && !file.endsWith('.spec.ts'));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    open.push(...(graph.imports.get(file) ?? []));
  }
  return seen;
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
