#!/usr/bin/env node
import { Interrupted, runCli } from './cli/index.js';

const stop = new AbortController();
for (const by of ['SIGINT', 'SIGTERM'] as const)
  process.on(by, () => {
    // Asked twice, it does not go on tidying up.
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Interrupted(by));
  });

// Not awaited here: in the bundle (scripts/bundle-programs.mjs) modules that are loaded later would wait for this one for ever.
void runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  interactive: process.stdin.isTTY && process.stderr.isTTY,
  signal: stop.signal,
  cwd: process.cwd(),
  uid: process.getuid?.(),
}).then((code) => {
  process.exitCode = code;
});
