import { join } from 'node:path';
import { ACCURACY, AUROC } from './measures.js';
import { writeSiteImages } from './site-images.js';
import type { WorkedStudy } from './worked-study.js';

const FILE = 'pneumonia-xray/pneumoniamnist.npz';

export const pneumonia: WorkedStudy = {
  name: 'pneumonia',
  question: 'Pneumonia in chest X-rays, six sites whose shares of sick children differ',
  files: [FILE],
  cohort: 'chest',
  measures: [AUROC, ACCURACY],
  published: [],
  notes: [
    'This copy of the data lacks two thirds of the normal training images: published accuracies of the full set do not compare.',
    'A site alone knows how many of its children are sick, which flatters it where all test rows are mixed: "sites" compares there.',
  ],
  goals: [
    {
      text: 'AUROC within 0.01 of pooled training',
      reached: ({ released: [area], pooledTraining: [pooled] }) => (pooled?.pooled ?? Number.NaN) - (area?.pooled ?? 0) <= 0.01,
    },
  ],
  privacy: { rounds: 60, sampling: 0.1, clip: 1, learningRate: 0.5, l2: 0 },
  // As many images a round as at all sites together: with the steps of one site it would learn less, and flatter us.
  pooledChange: [[['algorithm', 'localSteps'], 24]],
  groups: [],
  prepare: (data, directory, resplit) =>
    writeSiteImages(
      {
        file: join(data, FILE),
        column: 'xray',
        sites: ['s1', 's2', 's3', 's4', 's5', 's6'],
        // One draw of Dirichlet(0.5) for each label, kept: normal, pneumonia.
        shares: [
          [0.3266, 0.0938, 0.0006, 0.007, 0.3876, 0.1844],
          [0.0002, 0.1507, 0.2376, 0.2416, 0.2209, 0.149],
        ],
      },
      directory,
      resplit,
    ),
};
