// Runs under each Node that the test names: fifty rounds of one server optimiser, fed with recorded sums.
// usage: node replay.mjs fedadam|fedyogi [nudged]; prints {node, digest} as JSON.
import { readFileSync } from 'node:fs';
import { Algorithm, layerTensors, Model, modelLayers, Outcome } from '../../libs/protocol/dist/index.js';
import { applyUpdate } from '../../libs/learning/dist/optimisers/apply-update.js';
import { stateDigest } from '../../libs/learning/dist/state/encode-state.js';
import { initialState } from '../../libs/learning/dist/state/initial-state.js';

const [, , name, nudged] = process.argv;
// Recorded from 50 rounds of this study (FedAdam) at four sites with invented rows: the mean update of each round, as
// little-endian 64-bit floats.
const sums = JSON.parse(readFileSync(new URL('recorded-sums.json', import.meta.url), 'utf8')).map(
  (text) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer),
);
// One unit in the last place of one value: a digest that does not see it would see no difference of engines either.
if (nudged) sums[0][0] += sums[0][0] * Number.EPSILON;

const model = Model.parse({ type: 'multilayer-perceptron', hidden: [6, 3] });
const layers = modelLayers(model, { kind: 'columns', columns: 4 }, Outcome.parse({ column: 'y', positive: '> 0' }));
const study = {
  model,
  algorithm: Algorithm.parse({ name, rounds: sums.length, localSteps: 10, learningRate: 0.05 }),
  seed: 1,
};
const state = sums.reduce(
  (before, sum) => applyUpdate(before, sum, study.algorithm),
  initialState({ ...study, derived: { layers, tensors: layers.flatMap(layerTensors) } }),
);
process.stdout.write(JSON.stringify({ node: process.versions.node, rounds: sums.length, digest: stateDigest(state).toString('hex') }));
