import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { canonicalJson, ConsiliumError, parameterCount, type Json } from '@consilium/protocol';
import type { LearningStudy } from '../learning-study.js';
import { isAdaptive } from '../optimisers/adaptive-step.js';
import type { ModelState } from './model-state.js';
import { refuseNotFinite } from './not-finite.js';

const FORMAT = 'consilium/model-state/v1';
const LENGTH_BYTES = 4;

/** A big-endian machine would write other bytes and agree with nobody; none is supported, so it is refused, not swapped. */
function littleEndianBytes(values: Float64Array): Buffer {
  if (endianness() !== 'LE') throw new Error('a big-endian machine is not supported');
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function header(tensors: ModelState['tensors'], optimiser: string): Buffer {
  const json = canonicalJson({ format: FORMAT, optimiser, tensors: tensors as unknown as Json });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json]);
}

function vectors({ weights, optimiser }: ModelState): readonly Float64Array[] {
  if ('control' in optimiser) return [weights, optimiser.control];
  return 'momentum' in optimiser ? [weights, optimiser.momentum, optimiser.variance] : [weights];
}

/** The pieces of the encoding, without copying the vectors. @throws NotFinite */
function pieces(state: ModelState): readonly Buffer[] {
  for (const vector of vectors(state)) refuseNotFinite(state.tensors, vector, 0);
  return [header(state.tensors, state.optimiser.name), ...vectors(state).map(littleEndianBytes)];
}

/**
 * The exact bytes of a state: length of the header (uint32 little-endian), header (canonical JSON with format,
 * optimiser, tensor names and shapes), then weights, then momentum and variance or the control, as little-endian 64-bit floats.
 * @throws NotFinite for NaN or an infinity anywhere
 */
export function encodeState(state: ModelState): Buffer {
  return Buffer.concat(pieces(state));
}

/** SHA-256 of {@link encodeState}, 32 bytes: equal digests mean equal bits. @throws NotFinite */
export function stateDigest(state: ModelState): Buffer {
  const hash = createHash('sha256');
  for (const piece of pieces(state)) hash.update(piece);
  return hash.digest();
}

/**
 * Reads {@link encodeState}'s bytes back, bit for bit.
 * @throws ConsiliumError INVALID_STATE where they are not a state of this study, NotFinite for NaN or an infinity
 */
export function decodeState(bytes: Uint8Array, study: LearningStudy): ModelState {
  const { tensors } = study.derived;
  const { algorithm } = study;
  const expected = header(tensors, algorithm.name);
  const count = parameterCount(tensors);
  const vectorCount = isAdaptive(algorithm) ? 3 : algorithm.name === 'scaffold' ? 2 : 1;
  if (bytes.length !== expected.length + vectorCount * count * 8 || !expected.equals(bytes.subarray(0, expected.length)))
    throw new ConsiliumError({
      code: 'INVALID_STATE',
      errorClass: 'verification',
      message: 'The saved model state is not one of this study.',
      fix: 'Restore the state directory of this site, or let the site catch up with the others.',
    });
  // Copied into fresh memory: the bytes may lie at an offset that a Float64Array cannot view.
  const numbers = new Float64Array(Uint8Array.from(bytes.subarray(expected.length)).buffer);
  const vector = (index: number) => numbers.slice(index * count, (index + 1) * count);
  const state: ModelState = {
    tensors,
    weights: vector(0),
    optimiser: optimiserOf(algorithm, vector),
  };
  for (const values of vectors(state)) refuseNotFinite(tensors, values, 0);
  return state;
}

function optimiserOf(algorithm: LearningStudy['algorithm'], vector: (index: number) => Float64Array): ModelState['optimiser'] {
  if (algorithm.name === 'scaffold') return { name: algorithm.name, control: vector(1) };
  return isAdaptive(algorithm) ? { name: algorithm.name, momentum: vector(1), variance: vector(2) } : { name: algorithm.name };
}
