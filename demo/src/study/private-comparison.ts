import { accuracy, concatenateRows, trainPrivatelyInMemory } from '@consilium/learning';
import { plannedEvents } from '@consilium/privacy';
import { SystemRandomness } from '@consilium/privacy/mechanism';
import type { ResolvedStudy } from '@consilium/protocol';
import type { HospitalRows } from './comparison.js';

/** Mean accuracy over the hospitals' own test rows, at the same epsilon as the study. */
export interface PrivateComparison {
  /** All rows in one place, which adds the noise once. */
  readonly pooled: number;
  /** Each hospital adds all of the noise by itself. */
  readonly local: number;
}

/** What the same epsilon costs elsewhere; one run each, with noise of the operating system, so no two are alike. */
export async function comparePrivately(study: ResolvedStudy, hospitals: readonly HospitalRows[]): Promise<PrivateComparison> {
  const { training } = plannedEvents(study);
  const { noise } = study.derived;
  if (study.privacy.mode === 'none' || training === undefined || noise === undefined) throw new TypeError('a study without noise');
  const { clip } = study.privacy;
  const whole = { ...noise, variance: noise.variance * (training.m - training.c) };
  const sizes = new Map(Object.entries(study.sites.publicSizes ?? {}));
  const sites = hospitals.map(({ name, cohort }) => ({ rows: cohort.train, publicSize: sizes.get(name) ?? 0 }));
  const together = {
    rows: concatenateRows(hospitals.map(({ cohort }) => cohort.train)),
    publicSize: sites.reduce((sum, { publicSize }) => sum + publicSize, 0),
  };
  const score = async (places: typeof sites): Promise<number> => {
    const state = await trainPrivatelyInMemory({ study, noise: whole, clip, sites: places, words: new SystemRandomness() });
    const scores = await Promise.all(hospitals.map(({ cohort }) => accuracy({ study, state, rows: cohort.test })));
    return scores.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / scores.length;
  };
  return { pooled: await score([together]), local: await score(sites) };
}
