import { join } from 'node:path';
import { ACCURACY, AUROC } from './measures.js';
import { writeSiteImages } from './site-images.js';
import { meanOverRuns, type WorkedStudy } from './worked-study.js';

const FILE = 'breast-ultrasound/breastmnist.npz';
const EVEN = [0.25, 0.25, 0.25, 0.25];

export const breastUltrasound: WorkedStudy = {
  name: 'breast-ultrasound',
  question: 'Malignancy in breast ultrasound, four sites',
  files: [FILE],
  cohort: 'breast',
  measures: [ACCURACY, AUROC],
  published: [{ method: 'published: best of the MedMNIST benchmark, pooled training', values: [0.863] }],
  notes: ['156 images are tested: one is 0.64 points of accuracy.'],
  goals: [
    {
      text: 'accuracy at least 0.81, mean of 5 seeds',
      reached: ({ seeds }) => meanOverRuns(seeds, 0, 'pooled') >= 0.81,
    },
  ],
  privacy: { rounds: 60, sampling: 0.25, clip: 1, learningRate: 0.5, l2: 0 },
  // As many images a round as at all sites together: with the steps of one site it would learn less, and flatter us.
  pooledChange: [[['algorithm', 'localSteps'], 24]],
  groups: [],
  prepare: (data, directory, resplit) =>
    writeSiteImages({ file: join(data, FILE), column: 'scan', sites: ['s1', 's2', 's3', 's4'], shares: [EVEN, EVEN] }, directory, resplit),
};
