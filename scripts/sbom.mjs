// npm run sbom [-- FILE]: the bill of materials of what is shipped, CycloneDX 1.5, from the lock file alone: what npm's own
// `npm sbom` writes, with this product's name, and a check that every package that is fetched has its hash and licence.
// Without FILE it goes to standard output.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LIMIT_MS = 300_000;
/** Packages whose package.json names no licence in a form that SPDX knows; read in the packages themselves. */
const LICENCES = { busboy: 'MIT', 'png-js': 'MIT', streamsearch: 'MIT' };

function giveUp(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const npm = process.env.npm_execpath;
const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
const { status, stdout, stderr } = spawnSync(
  command,
  [
    ...first,
    'sbom',
    '--sbom-format=cyclonedx',
    '--sbom-type=application',
    '--omit=dev',
    '--package-lock-only',
    '--offline',
    '--no-update-notifier',
  ],
  { cwd: root, encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 2 ** 28 },
);
if (status !== 0) giveUp(`npm sbom failed:\n${stderr}`);

const bom = JSON.parse(stdout);
const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
// npm names the root after the folder that it happens to lie in.
Object.assign(bom.metadata.component, { name, version });
const isOurs = ({ purl = '' }) => purl.startsWith('pkg:npm/%40consilium/');
for (const component of bom.components) {
  const licence = LICENCES[component.name];
  if (licence !== undefined && !component.licenses) component.licenses = [{ license: { id: licence } }];
}
const missing = bom.components.filter((one) => !isOurs(one) && (!one.hashes?.length || !one.licenses?.length)).map(({ purl }) => purl);
if (missing.length > 0) giveUp(`no hash or no licence is known of:\n${missing.map((purl) => `  ${purl}`).join('\n')}`);

const text = `${JSON.stringify(bom, undefined, 2)}\n`;
const [file] = process.argv.slice(2);
if (file === undefined) process.stdout.write(text);
else writeFileSync(file, text);
process.stderr.write(`${bom.components.length} components, all with hash and licence\n`);
