import { join } from 'node:path';
import { HOSPITALS } from '../data/heart-columns.js';
import { ACCURACY, AUROC } from './measures.js';
import { readTable, writeSiteTables } from './site-tables.js';
import { meanOverRuns, type WorkedStudy } from './worked-study.js';

/** Accuracy, mean of the four hospitals' own test rows: FLamby (Ogier du Terrail et al. 2022), logistic regression. */
export const heart: WorkedStudy = {
  name: 'heart',
  question: 'Coronary heart disease from routine findings, four hospitals',
  files: HOSPITALS.map((hospital) => `heart-disease/${hospital}.csv`),
  cohort: 'heart',
  measures: [ACCURACY, AUROC],
  published: [
    { method: 'published: pooled training', values: [0.735] },
    { method: 'published: FedAdagrad, FedYogi', values: [0.731] },
    { method: 'published: FedAdam', values: [0.726] },
    { method: 'published: FedAvg, FedProx', values: [0.685] },
    { method: 'published: with privacy, epsilon 5, delta 1e-4', values: [0.704] },
    { method: 'published: with privacy, epsilon 1, delta 1e-4', values: [0.685] },
  ],
  notes: [
    'Published models scale inputs by each hospital’s own mean; this study uses public constants, and that, not the algorithm, makes most of the difference.',
  ],
  goals: [
    {
      text: 'mean accuracy of the four hospitals at least 0.82, mean of 5 seeds',
      reached: ({ seeds }) => meanOverRuns(seeds, 0, 'meanOfSites') >= 0.82,
    },
  ],
  privacy: { rounds: 40, sampling: 1, clip: 1, learningRate: 0.5, l2: 0.02 },
  groups: ['sex'],
  prepare: async (data, directory, resplit) => {
    const tables = await Promise.all(
      HOSPITALS.map(async (site) =>
        (await readTable(join(data, 'heart-disease', `${site}.csv`))).map((row, index) => ({ ...row, site, number: String(index) })),
      ),
    );
    return writeSiteTables({ rows: tables.flat(), siteOf: ({ site }) => site, patientOf: ({ number = '' }) => number }, directory, resplit);
  },
};
