import type { SiteName, StudyHash } from '@consilium/protocol';

/** How far an upload is that is under way. */
export interface Progress {
  readonly study: StudyHash;
  readonly round: number;
  readonly attempt: number;
  /** Bytes that are here, of `length`. */
  readonly held: number;
  readonly length: number;
  /** Over the last 20 s, standing still included. */
  readonly bytesPerSecond: number;
}

interface Mark {
  readonly at: number;
  readonly held: number;
}

type Upload = Omit<Progress, 'held' | 'bytesPerSecond'>;

const WINDOW_MS = 20_000;
const MARK_MS = 500;

/** What a site is uploading now, for people who wait for it. In memory: after a restart the next stream tells it anew. */
export class UploadProgress {
  readonly #uploads = new Map<SiteName, { readonly upload: Upload; readonly marks: Mark[]; held: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** A stream begins at `held`, the first or one that goes on. */
  begin(site: SiteName, upload: Upload, held: number): void {
    this.#uploads.set(site, { upload, marks: [{ at: this.now(), held }], held });
  }

  moved(site: SiteName, held: number): void {
    const known = this.#uploads.get(site);
    if (!known) return;
    known.held = held;
    const at = this.now();
    const [, second] = known.marks;
    if (at - (known.marks.at(-1)?.at ?? 0) >= MARK_MS) known.marks.push({ at, held });
    if (second && at - second.at > WINDOW_MS) known.marks.shift();
  }

  of(site: SiteName): Progress | undefined {
    const known = this.#uploads.get(site);
    const since = known?.marks[0];
    if (!known || !since) return undefined;
    const seconds = (this.now() - since.at) / 1_000;
    return { ...known.upload, held: known.held, bytesPerSecond: seconds > 0 ? (known.held - since.held) / seconds : 0 };
  }
}

const MB = 10 ** 6;

/** As a person reads it: how much, how fast, how long still. */
export function progressSentence({ held, length, bytesPerSecond }: Progress): string {
  const amount = `${(held / MB).toFixed(1)} of ${(length / MB).toFixed(1)} MB sent`;
  if (bytesPerSecond < 1) return `${amount}, nothing moves.`;
  return `${amount}, ${(bytesPerSecond / MB).toFixed(2)} MB/s, about ${Math.ceil((length - held) / bytesPerSecond)} s left.`;
}
