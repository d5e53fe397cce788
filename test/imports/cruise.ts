import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
const WORKSPACES = ['coordinator', 'site-agent', 'demo'];

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

export interface ImportGraph {
  readonly violations: readonly Violation[];
  /** Every file with the files it imports. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
}

interface CruiseOutput {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly { readonly resolved: string }[] }[];
  readonly summary: {
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string; readonly to: string }[];
  };
}

/** Reads the import graph under `root` and checks it against this repository's rules. */
export function cruise(root: string): ImportGraph {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const args = [program, '--config', config, '--output-type', 'json', 'libs', ...WORKSPACES];
  const json = execFileSync(process.execPath, args, {
    cwd: root,
    maxBuffer: 1 << 28,
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = JSON.parse(json.toString()) as CruiseOutput;
  return {
    violations: output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    imports: new Map(output.modules.map((module) => [module.source, module.dependencies.map((dependency) => dependency.resolved)])),
  };
}

/** A copy of the sources, with `node_modules` in which the workspaces are the copies; extra files planted in it. */
export function plantedCopy(planted: Readonly<Record<string, string>>): string {
  const copy = mkdtempSync(join(tmpdir(), 'consilium-imports-'));
  for (const path of ['libs', ...WORKSPACES, '.dependency-cruiser.cjs', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true, filter: (source) => !/[\\/](dist|node_modules)$/.test(source) });
  }
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  linkModules(copy);
  return copy;
}

function linkModules(copy: string): void {
  mkdirSync(join(copy, 'node_modules/@consilium'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@consilium') symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  }
  for (const library of readdirSync(join(copy, 'libs'))) {
    symlinkSync(join(copy, 'libs', library), join(copy, 'node_modules/@consilium', library));
  }
  for (const workspace of WORKSPACES) {
    symlinkSync(join(copy, workspace), join(copy, 'node_modules/@consilium', workspace));
    const nested = join(ROOT, workspace, 'node_modules');
    try {
      readdirSync(nested);
    } catch {
      continue;
    }
    symlinkSync(nested, join(copy, workspace, 'node_modules'));
  }
}
