// Turns proto/ into libs/protocol/src/gen (not committed), and only when something changed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const proto = join(root, 'proto');
const gen = join(root, 'libs/protocol/src/gen');
const stamp = join(gen, '.inputs.sha256');

const hash = createHash('sha256');
const inputs = readdirSync(proto, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
for (const file of [...inputs, join(root, 'package-lock.json')]) hash.update(file.slice(root.length)).update(readFileSync(file));
const digest = hash.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
  rmSync(gen, { recursive: true, force: true });
  execFileSync(join(root, 'node_modules/.bin/buf'), ['generate'], { cwd: proto, stdio: 'inherit' });
  writeFileSync(stamp, digest);
}
