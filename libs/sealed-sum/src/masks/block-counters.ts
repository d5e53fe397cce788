// Loaded by worker threads too: see bfv/context.ts for the imports that end in .ts.
import { DEGREE } from '../parameters/ring.ts';

/** Two 64-bit words come of one counter. */
const COUNTERS = DEGREE / 2;
const COUNTER_BYTES = 16;

/** The counter blocks from which all mask streams draw for one ciphertext b: uint64 big-endian b ‖ uint64 big-endian i. */
export class BlockCounters {
  readonly bytes = new Uint8Array(COUNTERS * COUNTER_BYTES);
  readonly #quarters = new Uint32Array(this.bytes.buffer);

  constructor() {
    numberFrom(this.bytes, 0);
  }

  /** @param block - b, 0 to 2^32 − 1 */
  moveTo(block: number): void {
    const quarters = this.#quarters;
    const big = bigEndian(block);
    for (let at = 1; at < quarters.length; at += 4) quarters[at] = big;
  }

  /** As many counters again, `round` times further on. */
  following(round: number): Uint8Array {
    const bytes = this.bytes.slice();
    numberFrom(bytes, round * COUNTERS);
    return bytes;
  }
}

function numberFrom(counters: Uint8Array, first: number): void {
  const view = new DataView(counters.buffer);
  for (let i = 0; i < COUNTERS; i++) view.setUint32(i * COUNTER_BYTES + 12, first + i);
}

/** The number that lies in memory as `value` in big-endian order, whatever the machine's own order. */
function bigEndian(value: number): number {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return new Uint32Array(bytes.buffer)[0] ?? 0;
}
