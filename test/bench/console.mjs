// The console as a person meets it for the first time: nothing in the cache, a processor four times slower than this one.
// Files come from the coordinator's own file server, answers from the seeded world of test/browser, over loopback.
import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';

const PAGES = ['sign-in', 'inbox', 'studies', 'study-rounds', 'budgets'];
const SLOWER = 4;
const LIMIT_MS = 900_000;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const kilobytes = (bytes) => Number((bytes / 1_000).toFixed(1));

export async function bench({ full, report }) {
  const repeats = full ? 9 : 3;
  const loader = ['--import', './site-agent/src/training/from-source.mjs', '--conditions=source', '--experimental-transform-types'];
  const quiet = '--disable-warning=ExperimentalWarning';
  const child = spawn(process.execPath, [...loader, quiet, 'test/bench/console/measure.ts', String(repeats), String(SLOWER), ...PAGES], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const looks = [];
  for await (const line of createInterface({ input: child.stdout })) {
    looks.push(JSON.parse(line));
    report(line);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the measurement ended with ${code}`);
  // Times mean something only beside what else ran.
  const busy = `load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`;
  return PAGES.flatMap((name) => {
    const of = looks.filter((look) => look.name === name);
    const path = (key) => ['pages', name, key];
    const ready = Math.round(median(of.map(({ readyMs }) => readyMs)));
    return [
      {
        figure: `${name} wire`,
        path: path('wireKilobytes'),
        value: kilobytes(median(of.map(({ bytes }) => bytes))),
        unit: 'kB',
        note: `${kilobytes(median(of.map(({ scriptBytes }) => scriptBytes)))} kB of it scripts, ${median(of.map(({ requests }) => requests))} requests`,
      },
      {
        figure: `${name} readable`,
        path: path('readableMs'),
        value: ready,
        unit: 'ms',
        note: `median of ${repeats}; largest paint ${Math.round(median(of.map(({ paintMs }) => paintMs)))} ms; ${busy}`,
      },
    ];
  });
}
