// Turns libs/learning/assembly into WebAssembly inside a TypeScript file (not committed), and only when something changed.
// Inside, so that it is found from sources, from dist and from worker threads alike; it is some 4 KB.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'libs/learning/assembly');
const gen = join(root, 'libs/learning/src/gen');
const target = join(gen, 'kernels.ts');
const stamp = join(gen, '.inputs.sha256');

const hash = createHash('sha256');
for (const name of readdirSync(sources).sort()) hash.update(name).update(readFileSync(join(sources, name)));
for (const file of ['package-lock.json', 'scripts/generate-kernels.mjs']) hash.update(readFileSync(join(root, file)));
const digest = hash.digest('hex');

if (!existsSync(target) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    const out = join(folder, 'kernels.wasm');
    const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--disable', 'bulk-memory', '-o', out];
    execFileSync(process.execPath, [join(root, 'node_modules/assemblyscript/bin/asc.js'), join(sources, 'index.ts'), ...options], {
      stdio: 'inherit',
    });
    mkdirSync(gen, { recursive: true });
    writeFileSync(target, `export const KERNELS =\n  '${readFileSync(out).toString('base64')}';\n`);
    writeFileSync(stamp, digest);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
