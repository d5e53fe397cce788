const LINE_FEED = 0x0a;

/** The bytes of a ledger file as lines. */
export interface FileLines {
  /** Whole lines, without their line feeds. */
  readonly lines: readonly Buffer[];
  /** Bytes up to and including the last line feed. */
  readonly whole: number;
  /** What follows the last line feed: a line that was being written when the machine stopped. */
  readonly torn: Buffer;
}

export function splitLines(bytes: Uint8Array): FileLines {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = file.indexOf(LINE_FEED); end >= 0; end = file.indexOf(LINE_FEED, start)) {
    lines.push(file.subarray(start, end));
    start = end + 1;
  }
  return { lines, whole: start, torn: file.subarray(start) };
}
