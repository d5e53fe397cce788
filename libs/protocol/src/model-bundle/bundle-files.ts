import { coefficientsCsv } from './coefficients-csv.js';
import type { ModelBundle } from './model-bundle.js';

export interface BundleFile {
  readonly name: 'model.json' | 'coefficients.csv';
  readonly text: string;
}

/** The files that a person takes home from a released bundle: the weights, and for a linear model its coefficients. */
export function bundleFiles(bundle: ModelBundle): readonly BundleFile[] {
  const coefficients = coefficientsCsv(bundle);
  return [
    { name: 'model.json', text: `${JSON.stringify(bundle, null, 2)}\n` },
    ...(coefficients === undefined ? [] : [{ name: 'coefficients.csv' as const, text: coefficients }]),
  ];
}
