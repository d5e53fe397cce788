// All checks of the sources, in two lanes that take about as long. What is compiled must be there: types of other packages come from it.
import { spawn } from 'node:child_process';

const TSC = 'node node_modules/typescript-7/bin/tsc';
const LANES = [
  ['oxlint', 'oxlint --type-aware -c oxlint-types.json', 'eslint libs/learning/src/optimisers', 'prettier --check .'],
  [
    `${TSC} -p tsconfig.tests.json`,
    `${TSC} -p coordinator/console/tsconfig.json`,
    'npm run --silent lint:wire',
    'npm run --silent lint:imports',
  ],
];

/** @returns whether it passed; what it printed is shown when it is over, so that two do not mix */
function run(command) {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', (error) => (said += error.message));
    child.on('close', (code) => {
      process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${command}\n${code === 0 ? '' : said}`);
      resolve(code === 0);
    });
  });
}

const passed = await Promise.all(
  LANES.map(async (lane) => {
    const results = [];
    for (const command of lane) results.push(await run(command));
    return results.every(Boolean);
  }),
);
process.exitCode = passed.every(Boolean) ? 0 : 1;
