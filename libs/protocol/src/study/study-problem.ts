/** What is wrong with a study, and where. */
export type StudyProblem = readonly [path: string[], message: string];
