import type * as Tensorflow from '@tensorflow/tfjs-core';
import type { EngineDescription } from './engine-description.js';

/** TensorFlow.js with a backend that is ready. Everything that computes takes it as an argument. */
export type Engine = typeof Tensorflow;

/** What computes, and what it is. */
export interface LoadedEngine {
  readonly tf: Engine;
  readonly description: EngineDescription;
}
