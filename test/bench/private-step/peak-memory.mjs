// One process per kind of step, for its peak of resident memory; this file is also what runs in it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setting } from './setting.mjs';

const RUNS = 5;
const SECONDS = 300;

/** @returns MiB at the peak of a process that does nothing but such steps, the middle of three */
export async function peakMemory(name, batch, kind) {
  const peaks = [];
  for (let time = 0; time < 3; time += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), name, String(batch), kind], {
      timeout: SECONDS * 1000,
    });
    peaks.push(Number(stdout) / 1024);
  }
  return peaks.toSorted((a, b) => a - b)[1];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, batch, kind] = process.argv.slice(2);
  const { run } = setting(name, Number(batch));
  for (let time = 0; time < RUNS; time += 1) await run[kind]();
  process.stdout.write(String(process.resourceUsage().maxRSS));
}
