import { studyYaml } from '../../support/small-consortium.js';

/** A study of the invented cohorts whose noise the sites share; totals of the evaluation patients at its start and end. */
export const privateStudy = (name: string, rounds: number, noise: number): string =>
  studyYaml({ name, roundDeadline: '30s' })
    .replace(/^algorithm:.*$/m, `algorithm: { name: dp-sgd, rounds: ${rounds}, learningRate: 0.5 }`)
    .replace(
      /^privacy:.*$/m,
      `privacy: { mode: patient/distributed, sampling: 0.5, clip: 1, noiseMultiplier: ${noise}, delta: 1.0e-4 }\nmetrics: { every: 1000, noiseMultiplier: 8 }`,
    )
    .replace('sites: {', 'sites: { publicSizes: { a: 30, b: 30, c: 30, d: 30 },')
    .trimStart();
