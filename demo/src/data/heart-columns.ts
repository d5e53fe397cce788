/** The four hospitals of the UCI Heart Disease data, as their files are named. */
export const HOSPITALS = ['cleveland', 'hungarian', 'switzerland', 'va'] as const;
export type Hospital = (typeof HOSPITALS)[number];

/** The fourteen attributes, in the archive's order. */
export const ATTRIBUTES = [
  'age',
  'sex',
  'cp',
  'trestbps',
  'chol',
  'fbs',
  'restecg',
  'thalach',
  'exang',
  'oldpeak',
  'slope',
  'ca',
  'thal',
  'num',
] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** `train`, `test`, or empty where the benchmark leaves the row out. */
export type Split = 'train' | 'test' | '';

/** One CSV file: a header, LF line ends, an empty field for a missing value, the split in the last column. */
export function csvText(rows: readonly { readonly fields: readonly string[]; readonly split: Split }[]): string {
  const header = [...ATTRIBUTES, 'split'].join(',');
  return [header, ...rows.map((row) => [...row.fields, row.split].join(','))].join('\n') + '\n';
}

export function fileName(hospital: Hospital): string {
  return `${hospital}.csv`;
}
