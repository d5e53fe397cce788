import { hash } from 'node:crypto';
import type { ImageInput } from '@consilium/protocol';
import { refuse } from '../cohort-problem.js';
import type { DicomSource } from '../cohort-source.js';
import { decodeDicom, type DicomImage } from './decode-dicom.js';
import { dicomIdentifiers } from './dicom-file.js';
import { ImageCache, type CachedFacts } from './image-cache.js';
import { IMAGE_REASONS, ImageRefused, type ImageReason } from './image-refused.js';
import type { ImageFinding, ImageShelf } from './image-shelf.js';
import { pixelDigest } from './pixel-digest.js';
import { prepareImage, type Frame } from './prepare-image.js';
import { fileState, wholeFile } from './source-file.js';

/** One DICOM file, opened. */
export interface ShelvedImage {
  readonly number: number;
  readonly path: string;
  readonly patientId: string;
  readonly sopInstanceUid: string;
  readonly inverted: boolean;
  /** SHA-256 (hex) of the prepared numbers; undefined for an image that cannot be used. */
  readonly digest: string | undefined;
  readonly reason: ImageReason | undefined;
  readonly detail: string;
}

type Key = DicomSource['key']['is'];

interface ShelfSettings {
  readonly files: readonly string[];
  readonly input: ImageInput;
  readonly key: Key;
  /** Without one, images are decoded each time they are asked for. */
  readonly cache: ImageCache | undefined;
  /** Opens every file, whatever the cache knows. */
  readonly fresh: boolean;
  readonly now: () => number;
}

const RAW = 'raw';

const KEEPS_PIXELS: ReadonlySet<string> = new Set(['maxUnusable', 'missingCodes']);

/** All that the numbers of a prepared image depend on, beside the file. */
function preparedKind(input: ImageInput): string {
  const settings = Object.entries(input).filter(([name]) => !KEEPS_PIXELS.has(name));
  return `prepared-${hash('sha256', JSON.stringify(settings.sort(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 32)}`;
}

interface Opened {
  readonly facts: Pick<ShelvedImage, 'patientId' | 'sopInstanceUid' | 'inverted'>;
  readonly pixels: Float32Array;
}

/** The DICOM files of a cohort, each opened once and, where a cache is handed in, known again. */
export class DicomShelf implements ImageShelf {
  readonly images: ShelvedImage[] = [];
  readonly #settings: ShelfSettings;
  readonly #kind: string;
  readonly #named = new Set<number>();
  readonly #byKey = new Map<number, ReadonlyMap<string, readonly ShelvedImage[]>>();

  private constructor(settings: ShelfSettings) {
    this.#settings = settings;
    this.#kind = preparedKind(settings.input);
  }

  /** Opens every file, one after the other. Never throws for a file's content. */
  static async open(settings: ShelfSettings): Promise<DicomShelf> {
    const shelf = new DicomShelf(settings);
    for (const path of settings.files) shelf.images.push(await shelf.#shelve(path));
    await settings.cache?.tidy();
    return shelf;
  }

  async #shelve(path: string): Promise<ShelvedImage> {
    const base = { number: this.images.length, path };
    try {
      const { facts, digest } = await this.#digested(path);
      return { ...base, ...facts, digest, reason: undefined, detail: '' };
    } catch (cause) {
      if (!(cause instanceof ImageRefused)) throw cause;
      const { reason, message } = cause;
      const identifiers = this.#settings.key === 'file-name' ? undefined : await this.#identifiers(path);
      return { ...base, patientId: '', sopInstanceUid: '', ...identifiers, inverted: false, digest: undefined, reason, detail: message };
    }
  }

  /** Of a file whose pixels cannot be used: it is still the file that a row means. */
  async #identifiers(path: string) {
    try {
      return dicomIdentifiers((await wholeFile(path, this.#settings.now())).bytes);
    } catch (cause) {
      if (cause instanceof ImageRefused) return undefined;
      throw cause;
    }
  }

  async #digested(path: string): Promise<{ readonly facts: Opened['facts']; readonly digest: string }> {
    const { cache, fresh, now } = this.#settings;
    const { known } = await fileState(path, now());
    const cached = fresh || known === undefined ? undefined : await cache?.get(this.#kind, known);
    const facts = cached && shelvedFacts(cached.facts);
    if (facts) return facts;
    const opened = await this.#opened(path);
    return { facts: opened.facts, digest: pixelDigest(opened.pixels) };
  }

  /** Decodes and prepares one file, and leaves both in the cache. */
  async #opened(path: string): Promise<Opened> {
    const { cache, fresh, input, now } = this.#settings;
    const { known } = await fileState(path, now());
    const raw = fresh || known === undefined ? undefined : await cachedImage(cache, known, input.frame);
    if (raw) return this.#prepared(raw, known);
    const { bytes, state } = await wholeFile(path, now());
    const image = await decodeDicom(bytes, input.frame);
    // Native pixels are read as fast from where they lie.
    if (state.known !== undefined && image.compressed)
      await cache?.put(RAW, rawKey(state.known, input.frame), rawFacts(image), image.pixels);
    return this.#prepared(image, state.known);
  }

  async #prepared(image: Frame & Opened['facts'], known: string | undefined): Promise<Opened> {
    const pixels = prepareImage(image, this.#settings.input);
    const facts = { patientId: image.patientId, sopInstanceUid: image.sopInstanceUid, inverted: image.inverted };
    if (known !== undefined) await this.#settings.cache?.put(this.#kind, known, { ...facts, digest: pixelDigest(pixels) }, pixels);
    return { facts, pixels };
  }

  /**
   * The images that a cell of the table means.
   * @param text - trimmed; for file names a name, or a path's last parts
   */
  find(text: string): readonly ShelvedImage[] {
    const { key } = this.#settings;
    const wanted = key === 'file-name' ? text.replaceAll('\\', '/').replace(/^(\.?\/)+/, '') : text;
    const found = this.#index(key === 'file-name' ? wanted.split('/').length : 1).get(wanted) ?? [];
    for (const { number } of found) this.#named.add(number);
    return found;
  }

  /** Images by their keys; file names with as many of a path's parts as the table gives. */
  #index(parts: number): ReadonlyMap<string, readonly ShelvedImage[]> {
    const known = this.#byKey.get(parts);
    if (known) return known;
    const index = new Map<string, ShelvedImage[]>();
    for (const image of this.images) {
      const key = this.#keyOf(image, parts);
      const same = index.get(key);
      if (same) same.push(image);
      else if (key !== '') index.set(key, [image]);
    }
    this.#byKey.set(parts, index);
    return index;
  }

  #keyOf({ path, sopInstanceUid, patientId }: ShelvedImage, parts: number): string {
    if (this.#settings.key === 'sop-instance-uid') return sopInstanceUid;
    if (this.#settings.key === 'patient-id') return patientId;
    return path.replaceAll('\\', '/').split('/').slice(-parts).join('/').normalize('NFC');
  }

  async read(number: number): Promise<Float32Array> {
    const image = this.images[number];
    if (image?.digest === undefined) throw new RangeError(`image ${number} is not on the shelf`);
    try {
      const { known } = await fileState(image.path, this.#settings.now());
      const cached = known === undefined ? undefined : await this.#settings.cache?.get(this.#kind, known);
      const pixels = (await cached?.pixels()) ?? (await this.#opened(image.path)).pixels;
      if (pixelDigest(pixels) === image.digest) return pixels;
    } catch (cause) {
      if (!(cause instanceof ImageRefused)) throw cause;
    }
    throw refuse({
      code: 'DATA_UNREADABLE',
      sentence: 'An image of the cohort changed or went away while the cohort was read.',
      fix: 'Leave the files as they are while a study runs, and try again.',
    });
  }

  readonly notListed = (): number => this.images.length - this.#named.size;

  /** What is wrong with which file, for staff at the site. */
  findings(): readonly ImageFinding[] {
    return this.images.flatMap(({ number, path, reason, detail }): ImageFinding[] => [
      ...(reason === undefined ? [] : [{ name: path, reason, detail: detail === '' ? IMAGE_REASONS[reason] : detail }]),
      ...(this.#named.has(number) ? [] : [{ name: path, reason: 'not-listed', detail: 'no row names this file' }]),
    ]);
  }
}

function shelvedFacts({ patientId, sopInstanceUid, inverted, digest }: CachedFacts) {
  if (typeof patientId !== 'string' || typeof sopInstanceUid !== 'string' || typeof inverted !== 'boolean' || typeof digest !== 'string')
    return undefined;
  return { facts: { patientId, sopInstanceUid, inverted }, digest };
}

const rawKey = (known: string, frame: ImageInput['frame']): string => `${frame}\n${known}`;

function rawFacts({ width, height, channels, bits, inverted, patientId, sopInstanceUid }: DicomImage): CachedFacts {
  return { width, height, channels, bits: bits ?? null, inverted, patientId, sopInstanceUid };
}

async function cachedImage(cache: ImageCache | undefined, known: string, frame: ImageInput['frame']) {
  const cached = await cache?.get(RAW, rawKey(known, frame));
  const pixels = await cached?.pixels();
  if (!cached || !pixels) return undefined;
  const { width, height, channels, bits, inverted, patientId, sopInstanceUid } = cached.facts;
  if (typeof width !== 'number' || typeof height !== 'number' || (channels !== 1 && channels !== 3)) return undefined;
  if (typeof inverted !== 'boolean' || typeof patientId !== 'string' || typeof sopInstanceUid !== 'string') return undefined;
  return {
    width,
    height,
    channels,
    bits: typeof bits === 'number' ? bits : undefined,
    inverted,
    patientId,
    sopInstanceUid,
    pixels,
  } as const;
}
