// The API as people meet it after a long study: a real coordinator over its own PostgreSQL with 50 sites and a study of
// 1,000 stored rounds. First the pages of the console one by one, then 50 users at one time.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillCoordinator } from './api/fill.mjs';
import { crowd, page, PAGES, quantile } from './api/requests.mjs';

const ROUNDS = 1_000;
const USERS = 50;
const START_LIMIT_MS = 600_000;
const rounded = (value, digits = 1) => Number(value.toFixed(digits));

async function startCoordinator(state, profile) {
  const main = new URL('../../coordinator/dist/program/consilium-coordinator.js', import.meta.url).pathname;
  const flags = ['--consortium', 'bench', '--state', state, '--grpc-port', '0', '--http-port', '0'];
  const options = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const child = spawn(process.execPath, [...options, main, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CONSILIUM_LOG: 'error' },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const started = performance.now();
  for (;;) {
    const text = await readFile(join(state, 'listening.json'), 'utf8').catch(() => undefined);
    if (text) {
      const token = (await readFile(join(state, 'admin.token'), 'utf8')).trim();
      const rss = async () => {
        const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
      };
      const stop = async () => {
        child.kill('SIGTERM');
        await ended;
      };
      return { at: { url: JSON.parse(text).url, token }, startSeconds: (performance.now() - started) / 1_000, rss, stop };
    }
    if (child.exitCode !== null || performance.now() - started > START_LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error('the coordinator did not start');
    }
    await sleep(50);
  }
}

export async function bench({ full, report, sites = 50, profile }) {
  const state = await mkdtemp(join(tmpdir(), 'bench-api-'));
  try {
    report(`writing a study of ${ROUNDS} rounds at ${sites} sites …`);
    const filled = performance.now();
    const { hash, events } = await fillCoordinator(state, { sites, rounds: ROUNDS, report });
    report(`${events} events in ${rounded((performance.now() - filled) / 1_000)} s; starting the coordinator …`);
    const coordinator = await startCoordinator(state, profile);
    try {
      report(`started in ${rounded(coordinator.startSeconds)} s; one user …`);
      const figures = [{ figure: 'startSeconds', value: rounded(coordinator.startSeconds), unit: 's', note: `${events} events folded` }];
      const all = [];
      const repeats = full ? 100 : 30;
      for (const [name, paths] of Object.entries(PAGES(hash))) {
        const times = [];
        let bytes = 0;
        for (let repeat = 0; repeat < repeats; repeat += 1) {
          const answer = await page(coordinator.at, paths);
          times.push(answer.ms);
          bytes = answer.bytes;
        }
        all.push(...times);
        figures.push({ figure: `${name} first`, path: ['pages', name, 'firstMs'], value: rounded(times[0]), unit: 'ms' });
        figures.push({
          figure: `${name} p95`,
          path: ['pages', name, 'p95Ms'],
          value: rounded(quantile(times, 0.95)),
          unit: 'ms',
          note: `${Math.round(bytes / 1024)} KiB`,
        });
      }
      const first = quantile(all, 0.95);
      figures.push({ figure: 'firstDataP95Ms', value: rounded(first), unit: 'ms', goal: { met: first <= 1_000, text: '≤ 1 s' } });
      report(`${USERS} users …`);
      const { times, seconds } = await crowd(coordinator.at, hash, { users: USERS, seconds: full ? 60 : 15 });
      figures.push(
        { figure: 'requestsPerSecond', value: rounded(times.length / seconds), unit: '/s', note: `${USERS} users at one time` },
        { figure: 'crowdP50Ms', value: rounded(quantile(times, 0.5)), unit: 'ms' },
        { figure: 'crowdP99Ms', value: rounded(quantile(times, 0.99)), unit: 'ms' },
        { figure: 'memoryMiB', value: Math.round(await coordinator.rss()), unit: 'MiB' },
      );
      return figures;
    } finally {
      await coordinator.stop();
    }
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}
