import { base64ToBytes, bytesToBase64 } from './base64.js';

type Encoding = 'utf8' | 'utf-8' | 'hex' | 'base64';
const TEXT = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** As Node does: an odd digit, or what is none, ends the text. */
function fromHex(text: string): Uint8Array {
  const digits = /^(?:[0-9a-fA-F]{2})*/.exec(text)?.[0] ?? '';
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16));
}

type Source = string | Iterable<unknown> | ArrayLike<unknown> | ArrayBufferLike;

function bytesOf(value: Source, encoding: Encoding): Uint8Array {
  if (typeof value !== 'string') return new Uint8Array(value as ArrayLike<number>);
  if (encoding === 'hex') return fromHex(value);
  return encoding === 'base64' ? base64ToBytes(value) : TEXT.encode(value);
}

/**
 * What the ledger's verifier uses of Node's Buffer, over Uint8Array: nothing more. Methods that make arrays of their own
 * kind (`subarray`, `slice`, `map`) make this kind.
 */
export class BrowserBuffer extends Uint8Array {
  /** Of a buffer a view, as Node gives it; of anything else a copy. */
  static override from(value: Source, encodingOrOffset?: unknown, length?: unknown): BrowserBuffer {
    if (value instanceof ArrayBuffer)
      return new BrowserBuffer(value, Number(encodingOrOffset ?? 0), length === undefined ? undefined : Number(length));
    const bytes = bytesOf(value, typeof encodingOrOffset === 'string' ? (encodingOrOffset as Encoding) : 'utf8');
    return new BrowserBuffer(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  }
  static override of(...bytes: number[]): BrowserBuffer {
    return BrowserBuffer.from(bytes);
  }
  static alloc(length: number, fill = 0): BrowserBuffer {
    return new BrowserBuffer(length).fill(fill);
  }
  static allocUnsafe(length: number): BrowserBuffer {
    return new BrowserBuffer(length);
  }
  static isBuffer(value: unknown): boolean {
    return value instanceof BrowserBuffer;
  }
  static byteLength(text: string): number {
    return TEXT.encode(text).length;
  }
  static concat(parts: readonly Uint8Array[]): BrowserBuffer {
    const whole = new BrowserBuffer(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
  static compare(a: Uint8Array, b: Uint8Array): number {
    const shared = a.length < b.length ? a.length : b.length;
    for (let index = 0; index < shared; index += 1) {
      const difference = (a[index] ?? 0) - (b[index] ?? 0);
      if (difference !== 0) return difference < 0 ? -1 : 1;
    }
    return Math.sign(a.length - b.length);
  }

  /** @throws RangeError beyond its end */
  readBigUInt64BE(offset = 0): bigint {
    return new DataView(this.buffer, this.byteOffset, this.byteLength).getBigUint64(offset);
  }
  writeBigUInt64BE(value: bigint, offset = 0): number {
    new DataView(this.buffer, this.byteOffset, this.byteLength).setBigUint64(offset, value);
    return offset + 8;
  }
  equals(other: Uint8Array): boolean {
    return BrowserBuffer.compare(this, other) === 0;
  }
  /** @returns how many bytes were copied: those for which there is room */
  copy(target: Uint8Array, targetStart = 0, start = 0, end = this.length): number {
    const part = this.subarray(start, Math.min(end, start + target.length - targetStart));
    target.set(part, targetStart);
    return part.length;
  }
  override includes(wanted: number | string, from?: number): boolean {
    return typeof wanted === 'number' ? super.includes(wanted, from) : this.toString().includes(wanted, from);
  }
  override toString(encoding: Encoding = 'utf8'): string {
    if (encoding === 'hex') return Array.from(this, (byte) => HEX[byte]).join('');
    return encoding === 'base64' ? bytesToBase64(this) : new TextDecoder().decode(this);
  }
}
