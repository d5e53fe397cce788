import { Model, modelLayers, Outcome } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { ENGINE_NAMES } from './engine-description.js';
import { unsupportedOperation } from './study-operations.js';

const layersOf = (model: object) =>
  modelLayers(
    Model.parse(model),
    { kind: 'image', height: 28, width: 28, channels: 1 },
    Outcome.parse({ column: 'label', positive: '= 1' }),
  );
const block = { filters: 4, norm: 'group', pool: 'max' };
const cnn = layersOf({ type: 'convolutional-network', blocks: [block, { ...block, stride: 2, norm: 'batch', pool: 'average' }] });
const text = layersOf({ type: 'text-network', buckets: 16, dimension: 2, hidden: [3] });
const only = (op: 'strided-convolution' | 'embedding') => ({ wasm: [], webgpu: [], native: [{ op, why: 'it does not', messages: [] }] });

describe('an operation that an engine cannot do', () => {
  it('is none of those that a study can ask for', () => {
    for (const name of ENGINE_NAMES) for (const layers of [cnn, text]) expect(unsupportedOperation(name, layers)).toBeUndefined();
  });

  it('is named where a model needs it, on that engine', () => {
    expect(unsupportedOperation('native', cnn, only('strided-convolution'))).toMatchObject({ op: 'strided-convolution' });
    expect(unsupportedOperation('native', cnn.slice(0, 4), only('strided-convolution'))).toBeUndefined();
    expect(unsupportedOperation('wasm', cnn, only('strided-convolution'))).toBeUndefined();
    expect(unsupportedOperation('native', text, only('embedding'))).toMatchObject({ op: 'embedding' });
  });
});
