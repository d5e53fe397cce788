import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './alternate.mjs';

/** Median milliseconds until a line that was appended to a file in a folder is on its disk. */
export function diskWaitMs(directory, times = 40) {
  const path = join(directory, 'disk-wait');
  const file = openSync(path, 'a', 0o600);
  const one = () => {
    const start = performance.now();
    writeSync(file, `${'x'.repeat(199)}\n`);
    fdatasyncSync(file);
    return performance.now() - start;
  };
  const waits = Array.from({ length: times }, one);
  closeSync(file);
  rmSync(path);
  return median(waits);
}
