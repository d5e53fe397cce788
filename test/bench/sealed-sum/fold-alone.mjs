// A process of its own: folds what its argument says and prints its largest resident set in MiB.
import { readFileSync } from 'node:fs';
import { foldUploads } from '../../../libs/sealed-sum/dist/fold/index.js';

await foldUploads({ ...JSON.parse(process.argv[2]), threads: 2 });
// Not resourceUsage(): what that says of a fresh process begins with the size of the one that started it.
const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
process.stdout.write(String(kib / 1024));
