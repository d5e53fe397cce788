import { join } from 'node:path';
import { LOSS_UNITS, type StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { writePrivateFile, type SiteState } from '../state/index.js';

/** This site's own figures about one state. They exist nowhere else. */
export interface SiteResult {
  /** The round that led to the state; 0 is the initial one. */
  readonly round: number;
  readonly trainPatients: number;
  readonly testPatients: number;
  /** Share of test records on the right side of probability 0.5; absent without test records. */
  readonly accuracy?: number;
  /** Mean binary cross-entropy of the test patients, nats; absent without test patients. */
  readonly loss?: number;
  /** The same of the training patients. */
  readonly trainLoss?: number;
}

const Row = z.object({ round: z.number(), counts: z.string() });
const Counts = z.record(z.string(), z.string());

/** Keeps the counts of one state, as they went into the sum. */
export function saveResult(state: SiteState, study: StudyHash, round: number, counts: Readonly<Record<string, bigint>>): void {
  const text = JSON.stringify(Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value.toString()])));
  state.database.prepare('INSERT OR REPLACE INTO study_result (study, round, counts) VALUES (?, ?, ?)').run(study, round, text);
}

/** In the order of rounds. */
export function listResults(state: SiteState, study: StudyHash): readonly SiteResult[] {
  const rows = state.database.prepare('SELECT round, counts FROM study_result WHERE study = ? ORDER BY round').all(study);
  return rows.map((row) => {
    const { round, counts } = Row.parse(row);
    return siteResult(round, Counts.parse(JSON.parse(counts)));
  });
}

function siteResult(round: number, counts: Readonly<Record<string, string>>): SiteResult {
  const count = (name: string) => Number(counts[name] ?? 0);
  const trainPatients = count('trainPatients');
  const testPatients = count('testPatients');
  const right = count('truePositives') + count('trueNegatives');
  const records = right + count('falsePositives') + count('falseNegatives');
  return {
    round,
    trainPatients,
    testPatients,
    ...(records > 0 ? { accuracy: right / records } : {}),
    ...(testPatients > 0 ? { loss: count('testLoss') / LOSS_UNITS / testPatients } : {}),
    ...(trainPatients > 0 ? { trainLoss: count('trainLoss') / LOSS_UNITS / trainPatients } : {}),
  };
}

/** Where people at the site read their own figures: `results.json`, an array of {@link SiteResult}. */
export function writeResults(state: SiteState, study: StudyHash, folder: string): void {
  const results = listResults(state, study);
  if (results.length > 0) writePrivateFile(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
