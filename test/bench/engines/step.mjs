// A process of its own: step.mjs ENGINE prints milliseconds of a training step as {"cnn":…,"mlp":…}. ENGINE `shipped` is
// WebAssembly as TensorFlow.js ships it, with the one kernel without which it cannot train a convolution at all.
import { engine, startEngine } from '../../../libs/learning/dist/engine/engine.js';

const BATCH = 64;
const [name] = process.argv.slice(2);

async function shipped() {
  const tf = await import('@tensorflow/tfjs-core');
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const { registerGradients } = await import('../../../libs/learning/dist/engine/register-gradients.js');
  const { conv2dBackpropFilter } = await import('../../../libs/tfjs-kernels/dist/conv2d-backprop-filter.js');
  registerGradients();
  tf.registerKernel(conv2dBackpropFilter(tf));
  setWasmPaths(new URL('../../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname);
  setThreadsCount(1);
  await tf.setBackend('wasm');
  return tf;
}

const tf = name === 'shipped' ? await shipped() : (await startEngine(name), await engine());
const normal = (shape, fanIn, seed) => tf.randomNormal(shape, 0, Math.sqrt(2 / fanIn), 'float32', seed);
const bias = (units) => tf.zeros([units]);
const dense = (x, kernel, shift) => tf.add(tf.matMul(x, kernel), shift);

/** Of spikes/dp-bench.cjs: 299,841 parameters on images of 28 × 28. */
const cnn = {
  x: tf.randomNormal([BATCH, 28, 28, 1], 0, 1, 'float32', 1),
  weights: [
    normal([3, 3, 1, 16], 9, 2),
    bias(16),
    normal([3, 3, 16, 32], 144, 3),
    bias(32),
    normal([12 * 12 * 32, 64], 4608, 4),
    bias(64),
    normal([64, 1], 64, 5),
    bias(1),
  ],
  logits: (x, [k1, b1, k2, b2, k3, b3, k4, b4]) => {
    const low = tf.relu(tf.add(tf.conv2d(x, k1, 1, 'valid'), b1));
    const high = tf.relu(tf.add(tf.conv2d(low, k2, 1, 'valid'), b2));
    const flat = tf.reshape(tf.maxPool(high, 2, 2, 'valid'), [BATCH, -1]);
    return dense(tf.relu(dense(flat, k3, b3)), k4, b4);
  },
};
const mlp = {
  x: tf.randomNormal([BATCH, 30], 0, 1, 'float32', 1),
  weights: [normal([30, 64], 30, 2), bias(64), normal([64, 32], 64, 3), bias(32), normal([32, 1], 32, 4), bias(1)],
  logits: (x, [k1, b1, k2, b2, k3, b3]) => dense(tf.relu(dense(tf.relu(dense(x, k1, b1)), k2, b2)), k3, b3),
};
const y = tf.round(tf.randomUniform([BATCH, 1], 0, 1, 'float32', 6));

/** One step: gradients of the mean cross-entropy by all weights, and the new weights read back. */
async function step({ x, weights, logits }) {
  const next = tf.tidy(() => {
    const loss = (...w) => {
      const z = logits(x, w);
      return tf.mean(tf.sub(tf.softplus(z), tf.mul(z, y)));
    };
    return tf
      .grads(loss)(weights)
      .map((gradient, i) => tf.sub(weights[i], tf.mul(gradient, 0.01)));
  });
  await Promise.all(next.map((weight) => weight.data()));
  tf.dispose(next);
}

/** Whatever else the machine does only adds. */
async function least(model, steps) {
  let shortest = Infinity;
  for (let i = 0; i < steps; i += 1) {
    const start = performance.now();
    await step(model);
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

process.stdout.write(`\n${JSON.stringify({ cnn: await least(cnn, 10), mlp: await least(mlp, 80) })}\n`, () => process.exit(0));
