import { CohortRefused, loadCohort } from '@consilium/cohort';
import { parseRefusal, type SiteRefusal } from '@consilium/protocol';
import { objectionTest } from '../objections/objection-test.js';
import type { CheckJob, CheckResult } from './jobs.js';

/**
 * Reads a cohort as training would, for the reasons against alone. The rows are dropped: what is here now need not be what
 * a round will find.
 */
export async function checkRows({ study, cohort }: CheckJob): Promise<CheckResult> {
  const { source, patientId, splitKey, objections, minPatients, cacheDir } = cohort;
  const objects = objections && objectionTest(objections);
  try {
    await loadCohort({ source, schema: study.cohort, patientId, splitKey, objects, minPatients, cacheDir });
    return { refused: [] };
  } catch (error) {
    if (!(error instanceof CohortRefused)) throw error;
    const all = error.refused.map(({ code, column = '', expected = '' }) => parseRefusal(code, { column, expected }));
    const once = new Map(all.map((one): readonly [string, SiteRefusal] => [JSON.stringify(one), one]));
    return { refused: [...once.values()] };
  }
}
