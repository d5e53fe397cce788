import { layerTensors, parameterCount, type Layer } from '@consilium/protocol';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { sequence } from '../../test/small-world.js';
import { engine, type Engine } from '../engine/engine.js';
import { weightsFrom, vectorOf, type Weights } from '../network/weights.js';
import { runLayer } from './run-layer.js';

const image = { kind: 'image', height: 5, width: 4, channels: 4 } as const;
const rgb = { ...image, channels: 3 };

/** Each kind of layer with the shape of three records that it takes. */
const cases: readonly (readonly [string, Layer, readonly number[]])[] = [
  ['dense', { kind: 'dense', name: 'a', inputs: 4, units: 3, bias: true }, [3, 4]],
  ['dense without a bias', { kind: 'dense', name: 'a', inputs: 4, units: 1, bias: false }, [3, 4]],
  ['cuts', { kind: 'cuts', name: 'a', inputs: 4, cuts: 5 }, [3, 4]],
  ['tanh', { kind: 'activation', activation: 'tanh' }, [3, 4]],
  ['relu', { kind: 'activation', activation: 'relu' }, [3, 4]],
  ['convolution', { kind: 'convolution', name: 'a', input: rgb, output: { ...image, channels: 2 }, size: 3, stride: 1 }, [3, 5, 4, 3]],
  [
    'strided convolution',
    { kind: 'convolution', name: 'a', input: rgb, output: { kind: 'image', height: 3, width: 2, channels: 2 }, size: 2, stride: 2 },
    [3, 5, 4, 3],
  ],
  ['max pool', { kind: 'pool', by: 'max', size: 2, input: image, output: { ...image, height: 2, width: 2 } }, [3, 5, 4, 4]],
  ['average pool', { kind: 'pool', by: 'average', size: 2, input: image, output: { ...image, height: 2, width: 2 } }, [3, 5, 4, 4]],
  ['global average', { kind: 'globalAverage', input: image }, [3, 5, 4, 4]],
  ['flatten', { kind: 'flatten', input: image }, [3, 5, 4, 4]],
  ['group norm', { kind: 'groupNorm', name: 'a', input: image, groups: 2 }, [3, 5, 4, 4]],
  ['layer norm', { kind: 'layerNorm', name: 'a', units: 6 }, [3, 6]],
  ['batch norm of columns', { kind: 'batchNorm', name: 'a', channels: 4 }, [3, 4]],
  ['batch norm of images', { kind: 'batchNorm', name: 'a', channels: 4, input: image }, [3, 5, 4, 4]],
];

const next = sequence(5);
const numbers = (count: number) => Float64Array.from({ length: count }, () => next() * 2 - 1);
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Numbers in (−1, 1), none near another or 0: no nudge takes one over the edge of a maximum or of relu. */
const apart = (count: number) => Float64Array.from({ length: count }, (_, i) => (2 * (((i * 37) % count) + 0.5)) / count - 1);

/** Σ of the outputs, each times a fixed number: a loss whose slope by the outputs is that number. */
function loss(tf: Engine, layer: Layer, shape: readonly number[], x: Float64Array, w: Float64Array, slope: Float64Array): number {
  return tf.tidy(() => {
    const output = run(tf, layer, shape, x, w).pass.output.dataSync<'float32'>();
    return output.reduce((sum, value, i) => sum + value * slope[i]!, 0);
  });
}

function run(tf: Engine, layer: Layer, shape: readonly number[], x: Float64Array, w: Float64Array, training = true) {
  const weights = weightsFrom(tf, layerTensors(layer), w);
  return { weights, pass: runLayer(tf, layer, { x: tf.tensor(Float32Array.from(x), [...shape]) }, weights, training) };
}

describe('a layer', () => {
  it.each(cases)('%s goes back as the loss slopes', async (_, layer, shape) => {
    const tf = await engine();
    const x = apart(size(shape));
    const w = numbers(parameterCount(layerTensors(layer)));
    const tensors = layerTensors(layer);
    const outputSize = tf.tidy(() => run(tf, layer, shape, x, w).pass.output.size);
    const slope = numbers(outputSize);
    const found = tf.tidy(() => {
      const { pass } = run(tf, layer, shape, x, w);
      const at: Tensor = tf.tensor(Float32Array.from(slope), pass.output.shape);
      return { input: pass.inputSlope(at), tensors: { ...pass.tensorSlopes?.(at) } };
    });
    const inputSlope = await found.input.data<'float32'>();
    const named = Object.fromEntries(Object.entries(found.tensors).map(([own, tensor]) => [`a/${own}`, tensor]));
    const weightSlopes = await vectorOf(tensors, named);
    const learns = Object.keys(named);
    tf.dispose(found);
    const h = 2 ** -8;
    const byDifference = (of: Float64Array, i: number, at: (moved: Float64Array) => number) =>
      (at(of.with(i, of[i]! + h)) - at(of.with(i, of[i]! - h))) / (2 * h);
    for (let i = 0; i < x.length; i += 1)
      expect(inputSlope[i]).toBeCloseTo(
        byDifference(x, i, (moved) => loss(tf, layer, shape, moved, w, slope)),
        2,
      );
    expect(Math.max(...inputSlope.map(Math.abs))).toBeGreaterThan(0.01);
    let offset = 0;
    for (const tensor of tensors) {
      for (const end = offset + parameterCount([tensor]); offset < end; offset += 1)
        if (learns.includes(tensor.name))
          expect(weightSlopes[offset]).toBeCloseTo(
            byDifference(w, offset, (moved) => loss(tf, layer, shape, x, moved, slope)),
            2,
          );
    }
    expect(learns).toEqual(tensors.map(({ name }) => name).filter((name) => !/mean|variance/.test(name)));
  });

  it('embedding takes the mean of the rows that tokens name, and leaves padding out', async () => {
    const tf = await engine();
    const layer: Layer = { kind: 'embedding', name: 'a', tokens: 3, buckets: 4, units: 2 };
    const kernel = Float64Array.of(9, 9, 1, 2, 3, 4, 5, 6);
    const tokens = Float64Array.of(1, 3, 0, 2, 2, 1, 0, 0, 0);
    const [output, slopes] = tf.tidy(() => {
      const { pass } = run(tf, layer, [3, 3], tokens, kernel);
      const slope = tf.tensor2d([1, 0, 0, 3, 7, 7], [3, 2]);
      return [pass.output.dataSync().slice(), pass.tensorSlopes!(slope)['kernel']!.dataSync().slice()];
    });
    const close = (found: ArrayLike<number>, wanted: number[]) => wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 6));
    close(output, [3, 4, 7 / 3, 10 / 3, 0, 0]);
    // Token 2 stands twice among the three of the second record.
    close(slopes, [0, 0, 0.5, 1, 0, 2, 0.5, 0]);
  });

  it.each(['groupNorm', 'layerNorm'] as const)('%s lets nothing of one record reach another', async (kind) => {
    const tf = await engine();
    const layer: Layer = kind === 'groupNorm' ? { kind, name: 'a', input: image, groups: 2 } : { kind, name: 'a', units: 80 };
    const shape = kind === 'groupNorm' ? [5, 4, 4] : [80];
    const w = numbers(parameterCount(layerTensors(layer)));
    const [first, second] = [numbers(80), numbers(80)];
    const output = (records: readonly Float64Array[]) =>
      tf.tidy(() => {
        const x = Float64Array.from(records.flatMap((record) => [...record]));
        return run(tf, layer, [records.length, ...shape], x, w)
          .pass.output.dataSync<'float32'>()
          .slice(0, 80);
      });
    expect(output([first, second])).toEqual(output([first]));
  });

  it('batch norm takes a batch of one as its own mean, and follows what it has seen', async () => {
    const tf = await engine();
    const layer: Layer = { kind: 'batchNorm', name: 'a', channels: 2 };
    const w = Float64Array.of(2, 2, 0.5, -0.5, 0, 0, 1, 1);
    const [one, moved, evaluated] = tf.tidy(() => {
      const { pass } = run(tf, layer, [1, 2], Float64Array.of(3, 40), w);
      return [
        pass.output.dataSync().slice(),
        { mean: tf.keep(pass.moved!['mean']!), variance: tf.keep(pass.moved!['variance']!) } as Weights,
        run(tf, layer, [1, 2], Float64Array.of(3, 4), w, false).pass.output.dataSync().slice(),
      ];
    });
    expect([...one]).toEqual([0.5, -0.5]);
    expect(moved['mean']!.dataSync()[1]).toBeCloseTo(4, 5);
    expect(moved['variance']!.dataSync()[1]).toBeCloseTo(0.9, 5);
    tf.dispose(moved);
    expect(evaluated[0]).toBeCloseTo(6.5, 3);
  });
});
