/** A secret in one of the forms in which it could lie somewhere. */
export interface Needle {
  /** What it is, for the person who reads a failed test. */
  readonly label: string;
  readonly bytes: Buffer;
  /** Decimal text: counts only where no digit, letter or point goes on at either end. */
  readonly bounded?: boolean;
}

/** Shorter secrets would be found by chance in megabytes of ciphertext. */
const SHORTEST = 5;
const WORD = /[0-9A-Za-z.]/;

interface Anchored extends Needle {
  /** Where in the needle the four bytes lie that it is looked up by. */
  readonly anchor: number;
}

/** The four bytes in a row that differ most: numbers have many zeros, and so do the files of a database. */
function anchorOf(bytes: Buffer): number {
  let best = 0;
  let most = 0;
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const different = new Set(bytes.subarray(at, at + 4)).size - (bytes.readUInt16LE(at) === 0 ? 2 : 0);
    if (different > most) [best, most] = [at, different];
  }
  return best;
}

/** Looks for thousands of needles in one pass over the bytes. */
export class NeedleSearch {
  readonly needles: readonly Needle[];
  readonly #byAnchor = new Map<number, Anchored[]>();
  /** Whether the anchor of any needle begins with these two bytes. */
  readonly #begins = new Uint8Array(2 ** 16);

  constructor(needles: readonly Needle[]) {
    this.needles = needles;
    for (const needle of needles) {
      if (needle.bytes.length < SHORTEST) throw new RangeError(`${needle.label} is too short to look for`);
      const anchor = anchorOf(needle.bytes);
      const key = needle.bytes.readUInt32LE(anchor);
      this.#byAnchor.set(key, [...(this.#byAnchor.get(key) ?? []), { ...needle, anchor }]);
      this.#begins[needle.bytes.readUInt16LE(anchor)] = 1;
    }
  }

  /** Labels of what occurs, each once. */
  find(...haystacks: readonly Buffer[]): readonly string[] {
    const found = new Set<string>();
    for (const haystack of haystacks)
      for (let at = 0; at + 4 <= haystack.length; at++) {
        if (this.#begins[(haystack[at] as number) | ((haystack[at + 1] as number) << 8)] === 0) continue;
        for (const needle of this.#byAnchor.get(haystack.readUInt32LE(at)) ?? [])
          if (isAt(haystack, at - needle.anchor, needle)) found.add(needle.label);
      }
    return [...found].sort();
  }
}

function isAt(haystack: Buffer, start: number, { bytes, bounded }: Needle): boolean {
  const end = start + bytes.length;
  if (start < 0 || end > haystack.length || haystack.compare(bytes, 0, bytes.length, start, end) !== 0) return false;
  const goesOn = (index: number) => index >= 0 && index < haystack.length && WORD.test(String.fromCharCode(haystack[index] as number));
  return bounded !== true || !(goesOn(start - 1) || goesOn(end));
}
