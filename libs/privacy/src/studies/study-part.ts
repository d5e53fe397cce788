/** Whose patients: training and evaluation patients are split for ever, and each part pays for itself (PROTOCOL.md section 6). */
export type StudyPart = 'training' | 'evaluation';
export const STUDY_PARTS = ['training', 'evaluation'] as const satisfies readonly StudyPart[];
