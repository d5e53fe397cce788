import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine.js';
import { outputsOf, runNetwork, tapsOf, type NetworkInput } from './network.js';
import type { Weights } from './weights.js';
import type { Layer } from '@consilium/protocol';
import type { BatchLoss } from '../losses/loss.js';

/** Rows on the engine and what is known of their outcomes. */
export interface Batch extends NetworkInput {
  readonly rows: number;
  readonly loss: BatchLoss;
}

/** Slopes of the tensors that learn, and new values of those that follow the batches. A type, so that `tf.tidy` takes it. */
export type Gradient = { readonly slopes: Weights; readonly moved: Weights };

const tensorName = (layer: Layer, own: string): string => ('name' in layer ? `${layer.name}/${own}` : own);

/** The penalty is on kernels: not on biases, nor on scales, offsets and running statistics of norms. */
export const isPenalised = (name: string): boolean => name.endsWith('/kernel');

/**
 * The gradient of the mean loss over a batch's rows plus (l2/2)·Σ kernel², in closed form. Call it within `tf.tidy`.
 */
export function gradient(tf: Engine, layers: readonly Layer[], weights: Weights, l2: number, batch: Batch): Gradient {
  const passes = runNetwork(tf, layers, weights, batch, true);
  const slopes: Record<string, Tensor> = {};
  const penalty = tf.scalar(l2);
  for (const tap of tapsOf(passes, tf.mul(batch.loss.slope(outputsOf(passes)), 1 / batch.rows)))
    for (const [own, slope] of Object.entries(tap.tensorSlopes())) {
      const name = tensorName(tap.layer, own);
      const kernel = l2 !== 0 && isPenalised(name) ? weights[name] : undefined;
      slopes[name] = kernel ? tf.add(slope, tf.mul(kernel, penalty)) : slope;
    }
  const moved: Record<string, Tensor> = {};
  for (const { layer, pass } of passes)
    if (pass.moved) for (const [own, value] of Object.entries(pass.moved)) moved[tensorName(layer, own)] = value;
  return { slopes, moved };
}

/** What draws the weights back to where they came from: slope mu·(w − toward), of (mu/2)·|w − toward|² (Li et al. 2020, eq. 2). */
export interface Pull<W> {
  readonly mu: number;
  readonly toward: W;
}

/** How a step is taken. */
export interface DescentRule {
  readonly rate: number;
  readonly pull?: Pull<Weights> | undefined;
  /** Added to each slope. */
  readonly drift?: Weights | undefined;
  /** Names of the tensors that learn; absent: all. */
  readonly learns?: ReadonlySet<string> | undefined;
}

/** One step of gradient descent. What has no slope and did not move is handed on as it is. Call it within `tf.tidy`. */
export function descend(tf: Engine, weights: Weights, { slopes, moved }: Gradient, { rate, pull, drift, learns }: DescentRule): Weights {
  const next: Record<string, Tensor> = { ...weights, ...moved };
  // One tensor for all products: each number among them would become a tensor of its own.
  const step = tf.scalar(rate);
  const mu = pull && tf.scalar(pull.mu);
  for (const [name, given] of Object.entries(slopes)) {
    const weight = weights[name];
    if (!weight || learns?.has(name) === false) continue;
    const origin = pull?.toward[name];
    const drifts = drift?.[name];
    const drifted = drifts ? tf.add(given, drifts) : given;
    const slope = mu && origin ? tf.add(drifted, tf.mul(tf.sub(weight, origin), mu)) : drifted;
    next[name] = tf.sub(weight, tf.mul(slope, step));
  }
  return next;
}
