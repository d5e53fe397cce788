// npm run bench -- NAME [--json] [--full]: runs test/bench/NAME.mjs against the built packages. Such a file exports
// `bench({ full, report })` and returns its figures: { figure, value, unit?, goal?: { met, text }, note? }.
import { readdirSync } from 'node:fs';

const EARLIEST_NODE = 24;
const folder = new URL('.', import.meta.url);
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs') && file !== 'main.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));

const [name = '', ...flags] = process.argv.slice(2);
const unknown = flags.find((flag) => flag !== '--json' && flag !== '--full');
if (!benches.includes(name) || unknown || Number.parseInt(process.versions.node, 10) < EARLIEST_NODE) {
  process.stderr.write(`npm run bench -- ${benches.join(' | ')} [--json] [--full]   (Node ${EARLIEST_NODE} or later)\n`);
  process.exit(2);
}

const { bench } = await import(new URL(`${name}.mjs`, folder).href);
const figures = await bench({ full: flags.includes('--full'), report: (line) => process.stderr.write(`${line}\n`) });

for (const { figure, value, unit = '', goal, note = '' } of figures) {
  const verdict = goal === undefined ? '' : goal.met ? `goal ${goal.text} met` : `goal ${goal.text} MISSED`;
  process.stdout.write(`${figure.padEnd(34)} ${String(value).padStart(10)} ${unit.padEnd(8)} ${verdict}${note && `  ${note}`}\n`);
}
if (flags.includes('--json'))
  process.stdout.write(`${JSON.stringify(Object.fromEntries(figures.map(({ figure, value }) => [figure, value])))}\n`);
