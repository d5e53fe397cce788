import type { ImageInput } from '@consilium/protocol';
import type { Reading } from '../cell-reader.js';
import { refuse, type CohortProblem, CohortRefused } from '../cohort-problem.js';
import type { NpzSource } from '../cohort-source.js';
import { cellText } from '../csv-records.js';
import { columnName } from '../study-columns.js';
import type { Needed, TableRow, TableShape } from '../table-rows.js';
import { ImageRefused } from './image-refused.js';
import type { ImageFinding, ImageShelf } from './image-shelf.js';
import { badArray, type NpyArray } from './npy.js';
import { readNpz } from './npz.js';
import { pixelDigest } from './pixel-digest.js';
import { prepareImage } from './prepare-image.js';

interface Wanted extends Needed {
  /** The study's image and its name among `names`; a table of cells has none. */
  readonly image: { readonly name: string; readonly input: ImageInput } | undefined;
}

/** Rows of one part of one file. */
interface NpzPart {
  readonly name: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, NpyArray>;
}

/** Columns that a part lacks, as a CSV file's header would. */
function absentColumns(source: NpzSource, { names, patientId }: Needed): readonly CohortProblem[] {
  const found: CohortProblem[] = [];
  for (const part of source.parts) {
    const has = (name: string) =>
      name === columnName(source.partColumn) || Object.keys(part.columns).some((own) => columnName(own) === name);
    for (const name of names.filter((each) => !has(columnName(each))))
      found.push({
        code: 'COHORT_SCHEMA',
        column: name,
        expected: 'present',
        sentence: `Column ${name} is missing from a part of source.parts.`,
        fix: `Name the array that holds it: parts: [{ name: …, columns: { ${name}: ARRAY } }] under source in site.yaml.`,
      });
    if (patientId !== undefined && !has(columnName(patientId)))
      found.push({
        code: 'DATA_UNREADABLE',
        sentence: `Column ${patientId}, the population's patientId, is missing from a part of source.parts.`,
        fix: 'Name the array of identifiers in source.parts, or correct populations.<name>.patientId in site.yaml.',
      });
  }
  return found;
}

/** One image of an array of them: N × height × width, or with 1 or 3 channels behind. */
function frameAt(array: NpyArray, index: number, pixels: Float32Array<ArrayBuffer>) {
  const [, height = 0, width = 0, channels = 1] = array.shape;
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = array.number(index * pixels.length + at);
  const bits = array.kind === 'f' ? undefined : array.size * 8;
  return { height, width, channels: channels === 3 ? (3 as const) : (1 as const), bits, pixels };
}

function checkImages(array: NpyArray, named: string): void {
  const [, height = 0, width = 0, channels = 1, more] = array.shape;
  const ofImages = array.shape.length >= 3 && more === undefined && (channels === 1 || channels === 3) && height > 0 && width > 0;
  if (!ofImages || array.kind === 'U' || array.kind === 'S')
    throw badArray(named, 'does not hold images', 'An array of images has the shape N × height × width, or × 1 or 3 behind it.');
}

/** NPZ archives as a table: rows of one part after the other, file by file, in the order of the arrays. */
export class NpzTable implements ImageShelf {
  readonly #source: NpzSource;
  readonly #wanted: Wanted;
  /** Array and place in it, by the image's number. */
  readonly #places: { readonly array: NpyArray; readonly index: number }[] = [];
  readonly #report: ((finding: ImageFinding) => void) | undefined;

  constructor(source: NpzSource, wanted: Wanted, report: ((finding: ImageFinding) => void) | undefined) {
    this.#source = source;
    this.#wanted = wanted;
    this.#report = report;
  }

  /** @throws CohortRefused DATA_UNREADABLE, COHORT_SCHEMA */
  async *rows(files: readonly string[], shape: TableShape): AsyncGenerator<TableRow> {
    const [first, ...rest] = absentColumns(this.#source, this.#wanted);
    if (first) throw new CohortRefused([first, ...rest]);
    const { names, patientId, image } = this.#wanted;
    shape.names = [...names];
    let row = 0;
    for (const path of files) {
      const counted = { rows: 0 };
      shape.files.push(counted);
      for (const part of await this.#parts(path)) {
        for (let index = 0; index < part.rows; index += 1) {
          row += 1;
          counted.rows += 1;
          const text = (name: string) =>
            columnName(name) === columnName(this.#source.partColumn) ? part.name : (part.columns.get(columnName(name))?.text(index) ?? '');
          const array = image && part.columns.get(columnName(image.name));
          const reading = image && array ? this.#reading(image.input, array, index, `row ${row}, ${part.name}`) : undefined;
          const needed = names.map((name) => (name === image?.name ? '' : cellText(text(name))));
          const cells = names.map((name, at) => (name === image?.name && reading?.kind === 'image' ? reading.digest : (needed[at] ?? '')));
          yield {
            row,
            needed,
            rawId: patientId === undefined ? undefined : text(patientId),
            cells,
            ...(reading ? { image: reading } : {}),
          };
        }
      }
    }
    if (row === 0) throw refuse({ code: 'DATA_UNREADABLE', sentence: 'The cohort has no rows.', fix: 'Write the arrays again.' });
  }

  async #parts(path: string): Promise<readonly NpzPart[]> {
    const { names, patientId, image } = this.#wanted;
    const needed = new Set([...names, ...(patientId === undefined ? [] : [patientId])].map(columnName));
    const parts = this.#source.parts.map(({ name, columns }) => ({
      name,
      columns: Object.entries(columns).filter(([column]) => needed.has(columnName(column))),
    }));
    const arrays = await readNpz(path, [...new Set(parts.flatMap(({ columns }) => columns.map(([, array]) => array)))]);
    return parts.map(({ name, columns }) => {
      const found = new Map<string, NpyArray>();
      let rows: number | undefined;
      for (const [column, named] of columns) {
        const array = arrays.get(named);
        if (!array) throw badArray(named, 'is missing');
        const ofImages = columnName(column) === columnName(image?.name ?? '');
        if (ofImages) checkImages(array, named);
        else if (array.length !== array.shape[0]) throw badArray(named, 'does not hold one value a row');
        if (rows !== undefined && rows !== array.shape[0]) throw badArray(named, 'is not as long as the others of its part');
        rows = array.shape[0] ?? 0;
        found.set(columnName(column), array);
      }
      return { name, rows: rows ?? 0, columns: found };
    });
  }

  #reading(input: ImageInput, array: NpyArray, index: number, name: string): Reading {
    const number = this.#places.length;
    this.#places.push({ array, index });
    try {
      return { kind: 'image', image: number, digest: pixelDigest(this.#prepared(input, array, index)), inverted: false };
    } catch (cause) {
      if (!(cause instanceof ImageRefused)) throw cause;
      this.#report?.({ name, reason: cause.reason, detail: cause.message });
      return { kind: 'unusable', reason: cause.reason };
    }
  }

  #prepared(input: ImageInput, array: NpyArray, index: number): Float32Array {
    const [, height = 0, width = 0, channels = 1] = array.shape;
    return prepareImage(frameAt(array, index, new Float32Array(height * width * channels)), input);
  }

  readonly read = (image: number): Promise<Float32Array> => {
    const place = this.#places[image];
    const input = this.#wanted.image?.input;
    if (!place || !input) throw new RangeError(`image ${image} is not in the arrays`);
    return Promise.resolve(this.#prepared(input, place.array, place.index));
  };

  /** Every row has its image beside it. */
  readonly notListed = (): number => 0;
}
