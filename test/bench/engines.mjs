// A training step on each engine that is on this machine, against WebAssembly as TensorFlow.js ships it (with the one
// kernel that it lacks for convolutions): a convolutional network of 299,841 parameters and a small dense network, batch
// of 64. Each engine runs in a process of its own, in turn; the shortest step counts. Other engines than those of
// WebAssembly may use all cores.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nativeAbsent } from '../../libs/learning/dist/engine/load-native.js';
import { webgpuAbsent } from '../../libs/learning/dist/engine/load-webgpu.js';
import { atMost, rounded } from './measure/alternate.mjs';

const TURNS = 3;
const LIMIT_MS = 300_000;
const GOAL = 0.5;
const MODELS = ['cnn', 'mlp'];
const script = fileURLToPath(new URL('./engines/step.mjs', import.meta.url));

function runOn(engine) {
  const output = execFileSync(process.execPath, [script, engine], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output.trimEnd().split('\n').at(-1));
}

export async function bench({ full, report }) {
  const absent = { native: nativeAbsent(), webgpu: webgpuAbsent() };
  const others = Object.keys(absent).filter((engine) => absent[engine] === undefined);
  for (const [engine, why] of Object.entries(absent)) if (why !== undefined) report(`${engine}: ${why}, left out`);
  const engines = ['shipped', 'wasm', ...others];
  const least = Object.fromEntries(engines.map((engine) => [engine, { cnn: Infinity, mlp: Infinity }]));
  for (let turn = 0; turn < (full ? 3 * TURNS : TURNS); turn += 1)
    for (const engine of engines) {
      report(`turn ${turn + 1}: ${engine}`);
      const found = runOn(engine);
      for (const model of MODELS) least[engine][model] = Math.min(least[engine][model], found[model]);
    }
  return engines.flatMap((engine) =>
    MODELS.flatMap((model) => {
      const ms = least[engine][model];
      const ratio = ms / least.shipped[model];
      return [
        { figure: `${engine} ${model}`, value: rounded(ms), unit: 'ms', path: [engine, model, 'ms'] },
        ...(engine === 'shipped'
          ? []
          : [
              {
                figure: `${engine} ${model} to shipped`,
                value: rounded(ratio),
                unit: 'times',
                path: [engine, model, 'ratio'],
                ...(engine === 'wasm' && model === 'cnn' ? { goal: atMost(GOAL, ratio) } : {}),
              },
            ]),
      ];
    }),
  );
}
