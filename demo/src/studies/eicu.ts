import { join } from 'node:path';
import { AUROC } from './measures.js';
import { readTable, writeSiteTables } from './site-tables.js';
import type { WorkedStudy } from './worked-study.js';

type Stay = Readonly<Record<string, string>>;

/** Fewest stays of a hospital that stands as a site of its own. */
const LEAST_STAYS = 12;

const stays = (data: string) => readTable(join(data, 'eicu-demo', 'eicu_demo.csv'));
const patientOf = ({ patient = '' }: Stay) => patient;

export const eicu: WorkedStudy = {
  name: 'eicu',
  question: 'Death in hospital after admission to intensive care, five regions',
  files: ['eicu-demo/eicu_demo.csv'],
  cohort: 'icu',
  measures: [AUROC],
  published: [
    { method: 'APACHE IVa’s published risk, the 501 test rows that have one', values: [0.845] },
    { method: 'logistic regression, pooled training, 32 inputs', values: [0.812] },
  ],
  notes: ['46 of 551 test stays ended in death: an AUROC has a standard error of about 0.03 here.'],
  goals: [
    {
      text: 'AUROC on the 551 test rows at least 0.80, and within 0.01 of pooled training',
      reached: ({ released: [area], pooledTraining: [pooled] }) =>
        (area?.pooled ?? 0) >= 0.8 && (pooled?.pooled ?? Number.NaN) - (area?.pooled ?? 0) <= 0.01,
    },
  ],
  privacy: { rounds: 60, sampling: 1, clip: 1, learningRate: 0.5, l2: 0.02 },
  groups: ['sex', 'ethnicity'],
  prepare: async (data, directory, resplit) => {
    const siteOf = ({ region = '' }: Stay) => region.toLowerCase();
    return writeSiteTables({ rows: await stays(data), siteOf, patientOf }, directory, resplit);
  },
  otherSites: {
    what: `the 58 hospitals with at least ${LEAST_STAYS} stays`,
    prepare: async (data, directory, resplit) => {
      const rows = await stays(data);
      const counts = Map.groupBy(rows, ({ hospital }) => hospital);
      const siteOf = ({ hospital = '' }: Stay) => ((counts.get(hospital)?.length ?? 0) < LEAST_STAYS ? undefined : `h${hospital}`);
      return writeSiteTables({ rows, siteOf, patientOf }, directory, resplit);
    },
  },
};
