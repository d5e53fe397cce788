import { KERNELS } from '../gen/kernels.js';
import { WorkspaceTooLarge } from './workspace-too-large.js';

/** A place in the kernels' memory, in bytes; a multiple of 16. */
export type Address = number;

/** What is compiled from `libs/learning/assembly`, where each function is described. Counts are in values. */
export interface Kernels {
  multiply(a: Address, aStride: number, b: Address, out: Address, outStride: number, rows: number, k: number, n: number): void;
  addTransposed(a: Address, aStride: number, b: Address, out: Address, rows: number, k: number, n: number): void;
  setColumn(at: Address, stride: number, rows: number, column: number, value: number): void;
  relu(at: Address, count: number): void;
  reluSlope(output: Address, slope: Address, count: number): void;
  tanh(at: Address, count: number): void;
  tanhSlope(output: Address, slope: Address, count: number): void;
  squares(at: Address, count: number): number;
  addOuterSquares(
    a: Address,
    aStride: number,
    aWidth: number,
    b: Address,
    bStride: number,
    bWidth: number,
    rows: number,
    out: Address,
  ): void;
  round(v: Address, count: number, scale: number, z: Address): void;
  roundOuter(x: Address, rows: number, y: Address, columns: number, scale: number, z: Address): void;
  addOuter(x: Address, rows: number, y: Address, columns: number, share: number, v: Address): void;
  integerSquares(z: Address, count: number): number;
  addIntegers(sum: Address, z: Address, count: number): void;
  patches(...window: [image: Address, ...ConvolutionWindow, from: number, to: number, out: Address, outStride: number]): void;
  addPatches(...window: [image: Address, ...ConvolutionWindow, from: number, to: number, rows: Address, rowStride: number]): void;
  maxPool(image: Address, ...window: [...PoolWindow, out: Address]): void;
  maxPoolSlope(image: Address, ...window: [...PoolWindow, out: Address, slope: Address, imageSlope: Address]): void;
  averagePool(image: Address, ...window: [...PoolWindow, out: Address]): void;
  averagePoolSlope(...window: [...PoolWindow, slope: Address, imageSlope: Address]): void;
  columnSums(x: Address, places: number, channels: number, out: Address): void;
  columnProducts(x: Address, y: Address, places: number, channels: number, out: Address): void;
  combine(x: Address, p: Address, y: Address, q: Address, r: Address, places: number, channels: number, out: Address): void;
  scaleAndShift(x: Address, p: Address, r: Address, places: number, channels: number, out: Address): void;
  repeat(row: Address, share: number, places: number, channels: number, out: Address): void;
}

/** An image under a kernel, which begins `top` and `left` beyond its edge. */
export type ConvolutionWindow = readonly [
  height: number,
  width: number,
  channels: number,
  size: number,
  stride: number,
  top: number,
  left: number,
  outWidth: number,
];

export type PoolWindow = readonly [width: number, channels: number, size: number, outHeight: number, outWidth: number];

/** What is used of a global that no installed types know outside a browser. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** WebAssembly's memory, which grows in pages. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE = 65_536;
let compiled: object | undefined;

/** Kernels with a memory of their own, which is handed out piece by piece and given back as a whole, by the garbage collector. */
export class Workspace {
  readonly kernels: Kernels;
  readonly #memory: Memory;
  /** Nothing lies at 0. */
  #used = 1_024;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNELS, 'base64'));
    const { exports } = new WebAssembly.Instance(compiled);
    // The one place where the types of compiled code are taken on trust; the generated module has exactly these exports.
    const { memory, ...kernels } = exports as unknown as Kernels & { readonly memory: Memory };
    this.kernels = kernels;
    this.#memory = memory;
  }

  /**
   * Room for so many bytes, zeros. Views made before may be detached by it: make room first.
   * @throws WorkspaceTooLarge beyond 4 GiB together, or what the machine gives
   */
  room(bytes: number): Address {
    const at = this.#used;
    this.#used = at + Math.ceil(bytes / 16) * 16;
    const missing = this.#used - this.#memory.buffer.byteLength;
    if (missing <= 0) return at;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE));
    } catch (error) {
      throw new WorkspaceTooLarge(error);
    }
    return at;
  }

  floats(at: Address, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, count);
  }

  doubles(at: Address, count: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, count);
  }

  /** 16 bits each. */
  integers(at: Address, count: number): Int16Array {
    return new Int16Array(this.#memory.buffer, at, count);
  }

  /** 32 bits each. */
  sums(at: Address, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, count);
  }
}
