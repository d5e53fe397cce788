import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss } from './loss.js';
import { riskOrder } from './risk-order.js';

/** Hazards are taken relative to the largest, and none below e^−60 of it: then no sum over a risk set is 0 in 32 bits. */
const LEAST_LOG_HAZARD = -60;

/**
 * Cox's partial likelihood, ties by Breslow, over the risk sets of the rows at hand: a site's own rows make it one stratum,
 * and the sum over sites is the stratified likelihood. With h = e^z and S(t) = Σ h over rows with time ≥ t:
 *
 *     loss    Σ over events i of log S(tᵢ) − zᵢ
 *     slope   hⱼ · Σ over events i with tᵢ ≤ tⱼ of 1/S(tᵢ), less 1 where j is an event
 *
 * Two running sums over rows by time. Prediction: the hazard relative to a row of z = 0.
 */
export const coxLoss: Loss = {
  on: (tf, y) => {
    const order = riskOrder(y);
    const whole = (values: Int32Array) => tf.tensor1d(values, 'int32');
    const tensors = {
      rowAt: whole(order.rowAt),
      placeOf: whole(order.placeOf),
      first: whole(order.first),
      last: whole(order.last),
      event: tf.tensor1d(Float32Array.from(order.rowAt, (row) => ((y[row] ?? 0) > 0 ? 1 : 0))),
    };
    return {
      slope: (outputs) => {
        const z: Tensor1D = tf.gather(tf.reshape(outputs, [y.length]) as Tensor1D, tensors.rowAt);
        const hazard: Tensor1D = tf.exp(tf.maximum(tf.sub(z, tf.max(z)), LEAST_LOG_HAZARD));
        const atRisk: Tensor1D = tf.gather(tf.cumsum(hazard), tensors.last);
        const before: Tensor1D = tf.gather(tf.cumsum(tf.div<Tensor1D>(tensors.event, atRisk), 0, false, true), tensors.first);
        const slope: Tensor1D = tf.sub(tf.mul(hazard, before), tensors.event);
        return tf.reshape(tf.gather(slope, tensors.placeOf), [y.length, 1]) as Tensor2D;
      },
      dispose: () => Object.values(tensors).forEach((tensor) => tensor.dispose()),
    };
  },
  ofRows: (outputs, y) => {
    const { rowAt, last } = riskOrder(y);
    const logAtRisk = runningLogSums(rowAt, outputs);
    const losses = new Float64Array(y.length);
    for (const [place, row] of rowAt.entries())
      if ((y[row] ?? 0) > 0) losses[row] = (logAtRisk[last[place] ?? 0] ?? 0) - (outputs[row] ?? 0);
    return losses;
  },
  width: 1,
  predict: (outputs) => Float64Array.from(outputs, Math.exp),
  scores: (outputs) => Float64Array.from(outputs),
};

/** log Σ e^z over all places up to each, by the largest so far: overflows nowhere. */
function runningLogSums(rowAt: Int32Array, outputs: Float32Array): Float64Array {
  let highest = -Infinity;
  let sum = 0;
  return Float64Array.from(rowAt, (row) => {
    const z = outputs[row] ?? 0;
    if (z > highest) {
      sum = sum * Math.exp(highest - z) + 1;
      highest = z;
    } else sum += Math.exp(z - highest);
    return highest + Math.log(sum);
  });
}
