import type { Layer } from '@consilium/protocol';
import type { Workspace } from './kernels.js';
import type { PrivateLayer } from './private-layer.js';
import type { Signal } from './signal.js';

/** The largest or the mean of each window, record by record. Where several are the largest, the first has the slope. */
export class Pool implements PrivateLayer {
  constructor(
    private readonly workspace: Workspace,
    private readonly layer: Extract<Layer, { kind: 'pool' }>,
    private readonly input: Signal,
    private readonly output: Signal,
  ) {}

  forward(rows: number): void {
    const { by, input, output, size } = this.layer;
    const pool = this.workspace.kernels[by === 'max' ? 'maxPool' : 'averagePool'];
    for (let row = 0; row < rows; row += 1) {
      const image = this.input.values + row * this.input.stride * 4;
      pool(image, input.width, input.channels, size, output.height, output.width, this.output.values + row * this.output.stride * 4);
    }
  }

  backward(rows: number): void {
    const { by, input, output, size } = this.layer;
    const { maxPoolSlope, averagePoolSlope } = this.workspace.kernels;
    this.workspace.floats(this.input.slopes, rows * this.input.stride).fill(0);
    for (let row = 0; row < rows; row += 1) {
      const at = row * this.input.stride * 4;
      const out = row * this.output.stride * 4;
      const window = [input.width, input.channels, size, output.height, output.width] as const;
      const slope = this.output.slopes + out;
      const imageSlope = this.input.slopes + at;
      if (by === 'average') averagePoolSlope(...window, slope, imageSlope);
      else maxPoolSlope(this.input.values + at, ...window, this.output.values + out, slope, imageSlope);
    }
  }
}
