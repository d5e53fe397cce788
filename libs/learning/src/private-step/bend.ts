import type { Workspace } from './kernels.js';
import type { PrivateLayer } from './private-layer.js';
import type { Signal } from './signal.js';

/** An activation, in place: its slope follows from its own output. */
export class Bend implements PrivateLayer {
  constructor(
    private readonly workspace: Workspace,
    private readonly activation: 'tanh' | 'relu',
    private readonly at: Signal,
  ) {}

  forward(rows: number): void {
    const { values, stride } = this.at;
    this.workspace.kernels[this.activation](values, rows * stride);
  }

  backward(rows: number): void {
    const { values, slopes, stride } = this.at;
    const { reluSlope, tanhSlope } = this.workspace.kernels;
    (this.activation === 'tanh' ? tanhSlope : reluSlope)(values, slopes, rows * stride);
  }
}
