import { join } from 'node:path';
import {
  metricPlan,
  publishedTotals,
  studyMetrics,
  figureValue,
  type ResolvedStudy,
  type StudyHash,
  type StudyMetrics,
} from '@consilium/protocol';
import { z } from 'zod';
import { writePrivateFile, type SiteState } from '../state/index.js';

/** This site's own figures about one state. They exist nowhere else. */
export interface SiteResult {
  /** The round that led to the state; 0 is the initial one. */
  readonly round: number;
  readonly trainPatients: number;
  readonly testPatients: number;
  /** Share of test patients for whom the model is right; absent where the outcome has no such figure, or without patients. */
  readonly accuracy?: number;
  /** Mean loss of the test patients, nats; absent without test patients. */
  readonly loss?: number;
  /** The same of the training patients. */
  readonly trainLoss?: number;
  /** All figures of the outcome; one that is not defined here (one class only) has a reason and no value. */
  readonly figures: StudyMetrics['figures'];
  readonly subgroups: StudyMetrics['subgroups'];
}

const Row = z.object({ round: z.number(), counts: z.string() });
const Counts = z.record(z.string(), z.string());

/** Keeps the counts of one state, as they went into the sum; those that are 0 are not written. */
export function saveResult(state: SiteState, study: StudyHash, round: number, counts: Readonly<Record<string, bigint>>): void {
  const seen = Object.entries(counts).filter(([, value]) => value !== 0n);
  const text = JSON.stringify(Object.fromEntries(seen.map(([name, value]) => [name, value.toString()])));
  state.database.prepare('INSERT OR REPLACE INTO study_result (study, round, counts) VALUES (?, ?, ?)').run(study, round, text);
}

/** In the order of rounds. */
export function listResults(state: SiteState, hash: StudyHash, study: ResolvedStudy): readonly SiteResult[] {
  const rows = state.database.prepare('SELECT round, counts FROM study_result WHERE study = ? ORDER BY round').all(hash);
  return rows.map((row) => {
    const { round, counts } = Row.parse(row);
    return siteResult(study, round, Counts.parse(JSON.parse(counts)));
  });
}

function siteResult(study: ResolvedStudy, round: number, counts: Readonly<Record<string, string>>): SiteResult {
  const exact = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, BigInt(value)]));
  // The site's own people may see small cells of their own patients: nothing is held back.
  const { cohort, metrics } = study;
  const measured = { cohort, metrics, derived: {} };
  const { figures, subgroups } = studyMetrics(measured, publishedTotals(metricPlan(measured), exact, 0n), 1);
  const optional = {
    accuracy: figureValue(figures, 'accuracy'),
    loss: figureValue(figures, 'testLoss'),
    trainLoss: figureValue(figures, 'trainLoss'),
  };
  return {
    round,
    trainPatients: Number(exact['trainPatients'] ?? 0n),
    testPatients: Number(exact['testPatients'] ?? 0n),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
    figures,
    subgroups,
  };
}

/** Where people at the site read their own figures: `results.json`, an array of {@link SiteResult}. */
export function writeResults(state: SiteState, hash: StudyHash, study: ResolvedStudy, folder: string): void {
  const results = listResults(state, hash, study);
  if (results.length > 0) writePrivateFile(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
