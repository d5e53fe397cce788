import { encodedColumns, encodedColumnsHash, type CohortSchema } from '@consilium/protocol';
import type { CellReader, Reading } from './cell-reader.js';
import type { CohortReport, PartReport } from './cohort-report.js';
import type { CohortRequest } from './cohort-request.js';
import { ColumnTally, RowCounter } from './column-tally.js';
import { cellText } from './csv-records.js';
import { derivedCell } from './derived-cells.js';
import { GrowingDigests, GrowingFloats } from './growing-columns.js';
import { outcomeReader, type OutcomeReader } from './outcome-reader.js';
import { patientProblems } from './patient-problems.js';
import { PatientRegister } from './patient-register.js';
import { RepeatFinder } from './repeated-records.js';
import { cohortFingerprint, rowDigest } from './row-digest.js';
import { rowEncoder } from './row-encoder.js';
import type { ImageShelf } from './images/image-shelf.js';
import { imageProblems, ImageTally } from './images/image-tally.js';
import type { SourceSurvey } from './source-survey.js';
import { patientSplit, type Part } from './split.js';
import { cellReader, exclusions, imageInput, neededNames, usedNames, type StudyColumn } from './study-columns.js';
import { codeProblems, columnNotes, columnProblems } from './table-problems.js';
import type { TableRow, TableShape } from './table-rows.js';

/** A row that the study uses, where its numbers lie. */
export interface KeptRow {
  readonly part: Part;
  readonly patient: number;
  /** As `Outcome` of the protocol defines it. */
  readonly y: number;
  /** Its number on the shelf; undefined in a cohort without images. */
  readonly image: number | undefined;
}

const NO_IMAGE: Reading = { kind: 'missing', code: '' };

interface Column {
  readonly column: StudyColumn;
  /** Place among the needed columns. */
  readonly at: number;
  readonly read: CellReader;
  readonly settled: boolean;
  readonly inSplit: ColumnTally;
  readonly all: ColumnTally;
  readonly missingRows: RowCounter;
  readonly strayRows: RowCounter;
}

/** Reads rows one by one by the study's schema: counts all of them, and keeps the numbers of those the study uses. */
export class CohortReading {
  readonly kept: KeptRow[] = [];
  readonly keptDigests = new GrowingDigests();
  /** Encoded inputs of the kept rows but their images, row by row. */
  readonly x = new GrowingFloats();

  readonly #schema: CohortSchema;
  readonly #columns: readonly Column[];
  readonly #rules: readonly { readonly column: string; readonly at: number; readonly hits: (text: string) => boolean; count: number }[];
  /** Place of the split column; -1 where the split is by patient. */
  readonly #splitAt: number;
  readonly #partOf: (text: string, identity: string) => Part | undefined;
  readonly #outcome: OutcomeReader;
  /** Texts of the needed columns, and behind them those of the derived ones. */
  readonly #complete: (texts: readonly string[]) => readonly string[];
  readonly #encode: ReturnType<typeof rowEncoder>;
  readonly #patients = new PatientRegister();
  readonly #digests = new GrowingDigests();
  readonly #sameRows = new Map<string, number>();
  readonly #trimmed = new RowCounter();
  readonly #noId = new RowCounter();
  readonly #images: ImageTally | undefined;
  readonly #excludedByMissing = new Map<string, number>();
  #repeats: RepeatFinder | undefined;
  readonly #parts = { train: { rows: 0, positive: 0 }, test: { rows: 0, positive: 0 } };
  #excludedRows = 0;
  #neither = 0;

  constructor(
    readonly request: CohortRequest,
    readonly survey: SourceSurvey,
    columns: readonly StudyColumn[],
  ) {
    const { schema } = request;
    this.#schema = schema;
    const needed = neededNames(schema);
    const derive = Object.entries(schema.derive);
    const names = [...needed, ...derive.map(([name]) => name)];
    const makers = derive.map(([, derived]) => derivedCell(derived));
    this.#complete = (texts) => [...texts, ...makers.map((make) => make((name) => texts[needed.indexOf(name)] ?? ''))];
    this.#columns = columns.map((column) => ({
      column,
      at: names.indexOf(column.source),
      read: cellReader(column, schema, survey.numbers),
      settled: !survey.unsettled.has(column.source),
      inSplit: new ColumnTally(column),
      all: new ColumnTally(column),
      missingRows: new RowCounter(),
      strayRows: new RowCounter(),
    }));
    this.#rules = exclusions(schema, survey.numbers).map((rule) => ({ ...rule, at: names.indexOf(rule.column), count: 0 }));
    this.#splitAt = 'column' in schema.split ? names.indexOf(schema.split.column) : -1;
    this.#encode = rowEncoder(schema);
    this.#outcome = outcomeReader(schema.outcome);
    const image = imageInput(schema);
    this.#images = image && new ImageTally(image.input, request.source);
    this.#partOf = this.#splitter();
  }

  #splitter(): (text: string, identity: string) => Part | undefined {
    const { split } = this.#schema;
    if ('column' in split) {
      const train = cellText(split.train);
      const test = cellText(split.test);
      return (text) => (text === train ? 'train' : text === test ? 'test' : undefined);
    }
    if (!this.request.splitKey) throw new TypeError('a study that splits by patient needs the split key of the population');
    const partOf = patientSplit(this.request.splitKey, split.byPatient.test);
    return (_, identity) => partOf(identity);
  }

  /** Identity of the patient; without identifiers, of the row: its content and its number among equal rows. */
  #identity(row: TableRow, id: string, digest: Buffer): string {
    if (this.request.patientId !== undefined) return id;
    if (!('byPatient' in this.#schema.split)) return String(row.row);
    const content = digest.toString('latin1');
    const equal = this.#sameRows.get(content) ?? 0;
    this.#sameRows.set(content, equal + 1);
    return `${digest.toString('hex')}#${equal}`;
  }

  add(row: TableRow, shape: TableShape): void {
    const id = cellText(row.rawId ?? '');
    const all = this.#complete(row.needed);
    const text = (at: number) => all[at] ?? '';
    const texts = [text(this.#splitAt), ...this.#rules.map(({ at }) => text(at))];
    const cells = this.#columns.map(({ at }) => text(at));
    const readings = this.#columns.map(({ column, read }, index) =>
      column.type === 'image' ? (row.image ?? NO_IMAGE) : read(cells[index] ?? ''),
    );
    const digest = rowDigest(id, texts, readings, cells);
    this.#digests.push(digest);
    const identity = this.#identity(row, id, digest);
    const unnamed = this.request.patientId !== undefined && id === '';
    if (this.request.patientId !== undefined && !unnamed && this.request.objects?.(id) === true) return;
    const patient = unnamed ? -1 : this.#patients.number(identity);
    if (row.rawId !== undefined && id !== '' && row.rawId !== row.rawId.trim()) this.#trimmed.add(row.row);
    this.#repeats ??= new RepeatFinder(shape.names, this.request.patientId !== undefined);
    if (!unnamed) this.#repeats.add(row.row, patient, row.cells);

    const rule = this.#rules.find(({ at, hits }) => hits(text(at)));
    if (rule) {
      rule.count += 1;
      this.#excludedRows += 1;
      return;
    }
    const part = this.#partOf(text(this.#splitAt), identity);
    const state = this.#tally(row.row, readings, part);
    if (!part || state === 'excluded') return;
    const y = this.#outcome.value(readings.slice(-this.#outcome.columns.length));
    this.#parts[part].rows += 1;
    if (this.#outcome.positive?.(y) === true) this.#parts[part].positive += 1;
    if (unnamed) this.#noId.add(row.row);
    else this.#patients.place(patient, part);
    if (unnamed || state === 'unusable') return;
    const image = readings.find((reading) => reading.kind === 'image')?.image;
    this.kept.push({ part, patient, y, image });
    this.keptDigests.push(digest);
    this.#encode(readings, (value) => this.x.push(value));
  }

  /**
   * Counts one row's cells. A row is unusable for a fault, or for a missing value that nothing stands in for; it is left out
   * for an image that cannot be used, and too many of those refuse the cohort.
   */
  #tally(row: number, readings: readonly Reading[], part: Part | undefined): 'usable' | 'unusable' | 'excluded' {
    if (!part) this.#neither += 1;
    let usable = true;
    let incomplete = false;
    let noImage = false;
    for (const [index, column] of this.#columns.entries()) {
      const reading = readings[index];
      if (!reading) continue;
      this.#images?.add(reading, part);
      if (reading.kind === 'unusable') noImage = true;
      const unsettled = reading.kind === 'fault' && !column.settled;
      if (reading.kind === 'fault') usable = false;
      if (unsettled) continue;
      column.all.add(row, reading);
      if (!part) {
        if (reading.kind === 'fault') column.strayRows.add(row);
        continue;
      }
      column.inSplit.add(row, reading);
      if (reading.kind !== 'missing' || column.column.imputed) continue;
      incomplete = true;
      if (this.#schema.onMissing === 'refuse') column.missingRows.add(row);
      else this.#excludedByMissing.set(column.column.name, (this.#excludedByMissing.get(column.column.name) ?? 0) + 1);
    }
    if (part && (noImage || (incomplete && this.#schema.onMissing === 'exclude'))) {
      this.#excludedRows += 1;
      return 'excluded';
    }
    return usable && !incomplete ? 'usable' : 'unusable';
  }

  #part(part: Part): PartReport {
    const { rows, positive } = this.#parts[part];
    return { rows, patients: this.#patients.countIn(part), ...(this.#outcome.positive ? { positive } : {}) };
  }

  /** What was found. Call once, after the last row. */
  report(shape: TableShape, shelf: ImageShelf | undefined): CohortReport {
    const images = this.#images?.get(shelf?.notListed() ?? 0);
    const columns = this.#columns.map(({ column, inSplit, all }) => ({
      name: column.name,
      role: column.role,
      type: column.type,
      inSplit: inSplit.get(),
      all: all.get(),
    }));
    const described = this.#columns.map(({ column }) => column);
    const missing = this.#columns.map(({ missingRows }) => missingRows.get());
    const stray = this.#columns.map(({ strayRows }) => strayRows.get());
    const tableProblems = [
      ...this.survey.problems,
      ...(this.request.source.type === 'npz' ? [] : codeProblems(this.request.source, shape.names)),
      ...columnProblems(described, columns, missing),
      ...(images ? imageProblems(imageInput(this.#schema)?.name ?? '', images) : []),
    ];
    const problems = [
      ...tableProblems,
      ...patientProblems(this.#patients, {
        splitColumn: 'column' in this.#schema.split ? this.#schema.split.column : undefined,
        noId: this.#noId.get(),
        least: this.request.minPatients ?? 1,
      }),
    ];
    const encoded = encodedColumns(this.#schema);
    const rows = shape.files.reduce((sum, file) => sum + file.rows, 0) - shape.blankRows;
    return {
      cohort: this.#schema.name,
      accepted: problems.length === 0,
      problems,
      notes: columnNotes(described, columns, stray),
      files: shape.files,
      rows,
      blankRows: shape.blankRows,
      patients: this.#patients.count,
      patientsBy: this.request.patientId === undefined ? 'row' : 'identifier',
      trimmedIds: this.#trimmed.get(),
      repeats: (this.#repeats ?? new RepeatFinder([], false)).report(),
      excluded: {
        byRule: this.#rules.map(({ column, count }) => ({ column, count })),
        byMissing: [...this.#excludedByMissing].map(([column, count]) => ({ column, count })),
        rows: this.#excludedRows,
      },
      train: this.#part('train'),
      test: this.#part('test'),
      neither: this.#neither,
      columns,
      ...(images ? { images } : {}),
      encodedColumns: encoded,
      columnsHash: encodedColumnsHash(encoded),
      fingerprint: cohortFingerprint(usedNames(this.#schema), this.#digests),
      ...(this.survey.proposal ? { proposal: this.survey.proposal } : {}),
    };
  }
}
