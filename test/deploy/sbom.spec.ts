import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Component {
  readonly name: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
}
interface Bom {
  readonly metadata: { readonly component: { readonly name: string; readonly purl: string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string }[];
}

const ROOT = new URL('../../', import.meta.url);
const schema = (name: string) => JSON.parse(readFileSync(new URL(`schemas/${name}.json`, import.meta.url), 'utf8')) as object;

describe('the bill of materials', () => {
  let folder: string;
  let bom: Bom;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'consilium-sbom-'));
    const file = join(folder, 'sbom.json');
    const made = spawnSync(process.execPath, [fileURLToPath(new URL('scripts/sbom.mjs', ROOT)), file], { encoding: 'utf8' });
    expect(made).toMatchObject({ status: 0 });
    bom = JSON.parse(readFileSync(file, 'utf8')) as Bom;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is CycloneDX 1.5 by its schema', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    for (const name of ['spdx', 'jsf-0.82']) ajv.addSchema(schema(name));
    const validate = ajv.compile(schema('cyclonedx-1.5'));
    validate(bom);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...bom, components: [{ name: 'x' }] })).toBe(false);
  });

  it('is of this product, and names every package that the lock file ships', () => {
    expect(bom.metadata.component).toMatchObject({ name: 'consilium', purl: 'pkg:npm/consilium@0.1.0' });
    const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8')) as {
      packages: Record<string, { version?: string; dev?: boolean; link?: boolean; resolved?: string }>;
    };
    const purls = new Set(bom.components.map(({ purl }) => decodeURIComponent(purl)));
    const shipped = Object.entries(packages).filter(([path, one]) => path.startsWith('node_modules/') && !one.dev && !one.link);
    expect(shipped.length).toBeGreaterThan(200);
    const left = shipped
      .map(([path, { version = '' }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`)
      .filter((name) => ![...purls].some((purl) => purl === `pkg:npm/${name}`));
    expect(left).toEqual([]);
  });

  it('has the hash and the licence of everything that is fetched', () => {
    for (const { purl, hashes = [], licenses = [] } of bom.components) {
      if (purl.startsWith('pkg:npm/%40consilium/')) continue;
      expect([purl, hashes.some(({ alg }) => alg === 'SHA-512'), licenses.length > 0]).toEqual([purl, true, true]);
    }
  });
});
