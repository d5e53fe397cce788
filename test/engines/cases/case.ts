import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../../../libs/learning/src/engine/loaded-engine.js';
import type { ExactCase } from '../second-oracle.js';

/** One computation that every engine must do alike, forwards and, where it has one, its gradient by each input. */
export interface Case {
  readonly name: string;
  readonly compute: (tf: Engine, ...inputs: Tensor[]) => Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** The same in 64-bit loops: where there is one, it decides, and not the `cpu` backend. */
  readonly exact?: ExactCase;
}

/** Typed loosely on purpose: each case knows the ranks of its own inputs. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Compute = (tf: any, ...inputs: any[]) => Tensor;

export const newCase = (name: string, compute: Compute, shapes: readonly (readonly number[])[], exact?: ExactCase): Case => ({
  name,
  compute,
  shapes,
  ...(exact ? { exact } : {}),
});
