// What a price costs, and how tight it is: the reference file's cases, and where Python with dp_accounting is at hand, that beside.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pldEpsilon, rdpEpsilon } from '../../libs/privacy/dist/index.js';

const root = join(import.meta.dirname, '../..');

/** The reference file, or cases like its own where it is not at hand. */
function referenceCases() {
  const file = [process.env.CONSILIUM_DATA, join(root, '../shared/data')]
    .map((folder) => folder && join(folder, 'dp-reference/dp_accounting.json'))
    .find((path) => path && existsSync(path));
  if (file) return { cases: JSON.parse(readFileSync(file, 'utf8')).cases, note: '' };
  const cases = [0.001, 0.01, 0.05, 0.2].flatMap((q) =>
    [0.8, 1, 2].flatMap((sigma) => [1, 100, 1000].map((steps) => ({ kind: 'sampledGaussian', q, sigma, steps, delta: 1e-5 }))),
  );
  return { cases, note: 'no reference file: nothing to compare with' };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds and answers of one accountant, each query alone; the least of three runs. */
function timed(accountant, cases) {
  const answers = cases.map(({ delta, kind, q, sigma, steps }) => {
    const event = kind === 'gaussian' ? { kind, sigma, steps } : { kind, q, sigma, steps };
    const runs = [1, 2, 3].map(() => {
      const start = performance.now();
      const epsilon = accountant(event, delta);
      return { epsilon, ms: performance.now() - start };
    });
    return { epsilon: runs[0].epsilon, ms: Math.min(...runs.map(({ ms }) => ms)) };
  });
  return { answers, times: answers.map(({ ms }) => ms) };
}

const PYTHON = `
import json, sys, time
from dp_accounting import dp_event as e
from dp_accounting.rdp import rdp_privacy_accountant as r
from dp_accounting.pld import pld_privacy_accountant as p
out = []
for c in json.load(sys.stdin):
    g = e.GaussianDpEvent(c['sigma'])
    g = e.SelfComposedDpEvent(e.PoissonSampledDpEvent(c['q'], g) if 'q' in c else g, c['steps'])
    row = []
    for make in (lambda: r.RdpAccountant(), lambda: p.PLDAccountant(value_discretization_interval=1e-4)):
        t = time.perf_counter(); a = make(); a.compose(g); a.get_epsilon(c['delta']); row.append(1e3 * (time.perf_counter() - t))
    out.append(row)
print(json.dumps(out))
`;

/** Medians of dp_accounting on the same cases, or why there are none. */
function python(cases) {
  const run = spawnSync('python3', ['-c', PYTHON], { input: JSON.stringify(cases), timeout: 600_000, encoding: 'utf8' });
  if (run.status !== 0) return { note: 'Python with dp_accounting is not at hand' };
  const rows = JSON.parse(run.stdout);
  return { rdp: median(rows.map(([rdp]) => rdp)), pld: median(rows.map(([, pld]) => pld)), note: '' };
}

export async function bench({ report }) {
  const { cases, note } = referenceCases();
  timed(rdpEpsilon, cases);
  timed(pldEpsilon, cases.slice(0, 20));
  report(`${cases.length} cases`);
  const rdp = timed(rdpEpsilon, cases);
  const pld = timed(pldEpsilon, cases);
  const composed = pld.times.filter((_, index) => cases[index].kind === 'sampledGaussian' && cases[index].steps > 1);
  const compared = cases.flatMap((each, index) => (each.pld ? [pld.answers[index].epsilon / each.pld - 1] : []));
  const sampled = cases.flatMap((each, index) =>
    each.rdp && each.kind === 'sampledGaussian' ? [{ excess: rdp.answers[index].epsilon / each.rdp - 1, small: each.rdp < 10 }] : [],
  );
  const beside = python(cases.filter(({ pld: known }) => known));
  const percent = (value) => Number((100 * value).toPrecision(3));
  const goal = (met, text) => ({ goal: { met, text } });
  return [
    { figure: 'rdpMedian', value: Number(median(rdp.times).toPrecision(3)), unit: 'ms', ...goal(median(rdp.times) <= 2, '≤ 2 ms') },
    { figure: 'pldMedian', value: Number(median(pld.times).toPrecision(3)), unit: 'ms', ...goal(median(pld.times) <= 60, '≤ 60 ms') },
    { figure: 'pldMedianComposed', value: Number(median(composed).toPrecision(3)), unit: 'ms', note: 'sampled, more than one step' },
    { figure: 'pldSlowest', value: Number(Math.max(...pld.times).toPrecision(3)), unit: 'ms' },
    ...(compared.length === 0
      ? [{ figure: 'references', value: 0, note }]
      : [
          { figure: 'pldLeast', value: percent(Math.min(...compared)), unit: '%', ...goal(Math.min(...compared) >= -1e-4, '≥ −0.01%') },
          { figure: 'pldMost', value: percent(Math.max(...compared)), unit: '%', ...goal(Math.max(...compared) <= 2e-3, '≤ 0.2%') },
          {
            figure: 'rdpLeast',
            value: percent(Math.min(...sampled.map(({ excess }) => excess))),
            unit: '%',
            ...goal(
              sampled.every(({ excess }) => excess >= -1e-5),
              '≥ −0.001%',
            ),
          },
          {
            figure: 'rdpMost',
            value: percent(Math.max(...sampled.filter(({ small }) => small).map(({ excess }) => excess))),
            unit: '%',
            ...goal(
              sampled.every(({ excess, small }) => !small || excess <= 0.09),
              '≤ 9%',
            ),
            note: 'epsilon < 10',
          },
        ]),
    ...(beside.rdp === undefined
      ? [{ figure: 'python', value: 0, note: beside.note }]
      : [
          { figure: 'pythonRdpMedian', value: Number(beside.rdp.toPrecision(3)), unit: 'ms' },
          { figure: 'pythonPldMedian', value: Number(beside.pld.toPrecision(3)), unit: 'ms' },
        ]),
  ];
}
