import { breastUltrasound } from './breast-ultrasound.js';
import { eicu } from './eicu.js';
import { heart } from './heart.js';
import { pneumonia } from './pneumonia.js';
import { tcgaSurvival } from './tcga-survival.js';
import { warfarin } from './warfarin.js';
import type { WorkedStudy } from './worked-study.js';

/** By the name that people type. */
export const WORKED_STUDIES: ReadonlyMap<string, WorkedStudy> = new Map(
  [heart, pneumonia, breastUltrasound, tcgaSurvival, warfarin, eicu].map((study) => [study.name, study]),
);
