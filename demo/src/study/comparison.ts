import { loadCohort, type EncodedCohort } from '@consilium/cohort';
import { accuracy, concatenateRows, trainInMemory } from '@consilium/learning';
import type { ResolvedStudy } from '@consilium/protocol';

/** What one hospital has, for the comparison that only a demo on public data can make. */
export interface HospitalRows {
  readonly name: string;
  readonly cohort: EncodedCohort;
}

export interface Comparison {
  /** Accuracy at 0.5 on each hospital's own test split, of a model trained on its own rows only. */
  readonly alone: ReadonlyMap<string, number>;
  /** The same of one model trained on all rows in one place. */
  readonly pooled: ReadonlyMap<string, number>;
}

export async function loadHospital(study: ResolvedStudy, name: string, csv: string): Promise<HospitalRows> {
  return { name, cohort: await loadCohort({ source: { type: 'csv', path: csv }, schema: study.cohort }) };
}

/**
 * "Trained alone" and "pooled", by the code that the sites run, with the same study: what a real consortium could not
 * do, because nobody there may see all rows.
 */
export async function compare(study: ResolvedStudy, studyHash: string, hospitals: readonly HospitalRows[]): Promise<Comparison> {
  const alone = new Map<string, number>();
  const pooled = new Map<string, number>();
  const together = await trainInMemory({ study, studyHash, sites: [concatenateRows(hospitals.map(({ cohort }) => cohort.train))] });
  for (const { name, cohort } of hospitals) {
    const own = await trainInMemory({ study, studyHash, sites: [cohort.train] });
    alone.set(name, (await accuracy({ study, state: own, rows: cohort.test })) ?? Number.NaN);
    pooled.set(name, (await accuracy({ study, state: together, rows: cohort.test })) ?? Number.NaN);
  }
  return { alone, pooled };
}
