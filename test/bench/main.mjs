// npm run bench -- NAME [--json] [--full] [--sites=N] [--profile=FOLDER]: runs test/bench/NAME.mjs against the built
// packages. Such a file exports `bench({ full, report, sites, profile })` and returns its figures:
// { figure, value, unit?, goal?: { met, text }, note?, text?, path? }; `path` is where the value stands in the JSON.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const EARLIEST_NODE = 24;
const folder = new URL('.', import.meta.url);
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs') && file !== 'main.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));

const options = { json: { type: 'boolean' }, full: { type: 'boolean' }, sites: { type: 'string' }, profile: { type: 'string' } };

function readCommand() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [name = ''] = positionals;
    const known = benches.includes(name) && positionals.length === 1 && Number.parseInt(process.versions.node, 10) >= EARLIEST_NODE;
    return known ? { name, ...values } : undefined;
  } catch {
    return undefined;
  }
}

const command = readCommand();
if (!command) {
  process.stderr.write(
    `npm run bench -- ${benches.join(' | ')} [--json] [--full] [--sites=N] [--profile=FOLDER]   (Node ${EARLIEST_NODE})\n`,
  );
  process.exit(2);
}

const { bench } = await import(new URL(`${command.name}.mjs`, folder).href);
const figures = await bench({
  full: command.full ?? false,
  report: (line) => process.stderr.write(`${line}\n`),
  ...(command.sites ? { sites: Number(command.sites) } : {}),
  ...(command.profile ? { profile: resolve(command.profile) } : {}),
});

for (const { figure, value, text = String(value), unit = '', goal, note = '' } of figures) {
  const verdict = goal === undefined ? '' : goal.met ? `goal ${goal.text} met` : `goal ${goal.text} MISSED`;
  process.stdout.write(`${figure.padEnd(34)} ${text.padStart(10)} ${unit.padEnd(8)} ${verdict}${note && `  ${note}`}\n`);
}
if (command.json) {
  const all = {};
  for (const { figure, value, path = [figure] } of figures) {
    const inner = path.slice(0, -1).reduce((object, key) => (object[key] ??= {}), all);
    inner[path.at(-1)] = value;
  }
  process.stdout.write(`${JSON.stringify(all)}\n`);
}
