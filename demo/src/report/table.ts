import type { Promises } from '../study/promises.js';

/** What the demo found, ready to be shown. Accuracies are shares in [0, 1] on the benchmark's test split. */
export interface DemoResult {
  readonly synthetic: boolean;
  readonly sites: readonly {
    readonly name: string;
    readonly accuracy: number;
    readonly accuracyAlone: number;
    readonly accuracyPooled: number;
  }[];
  readonly meanAccuracy: number;
  readonly pooledAccuracy: number;
  readonly rounds: number;
  readonly sumsExact: boolean;
  readonly sumsCompared: number;
  readonly uploadBytesPerParameter: number;
  readonly privacy: string;
  readonly promises: Promises;
  readonly seconds: number;
}

const percent = (share: number): string => (Number.isFinite(share) ? share.toFixed(3) : 'not defined');

/** The table at the end of the demo. On invented patients every line says so. */
export function renderResult(result: DemoResult): string {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const width = Math.max(8, ...result.sites.map(({ name }) => name.length)) + 2;
  const row = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(width) : cell.padStart(12))).join('');
  const lines = [
    'Accuracy at 0.5 on the test split',
    row(['hospital', 'federated', 'alone *', 'pooled *']),
    ...result.sites.map(({ name, accuracy, accuracyAlone, accuracyPooled }) =>
      row([name, percent(accuracy), percent(accuracyAlone), percent(accuracyPooled)]),
    ),
    row([
      'mean',
      percent(result.meanAccuracy),
      percent(mean(result.sites.map(({ accuracyAlone }) => accuracyAlone))),
      percent(result.pooledAccuracy),
    ]),
    "* computed here by the same code; a real consortium could not do this: nobody in it sees all rows, or a site's own result.",
    '',
    `Rounds                       ${result.rounds}`,
    `Decrypted sums               ${result.sumsExact ? `all ${result.sumsCompared} equal the plaintext integer sums, bit for bit` : 'DIFFER from the plaintext integer sums'}`,
    `Upload, bytes a parameter    ${result.uploadBytesPerParameter.toFixed(3)} (measured at 10^6 parameters)`,
    `Privacy mode                 ${result.privacy}`,
    `Seconds                      ${result.seconds.toFixed(1)}`,
    '',
    'What held in this run',
    `1 Rows stay                  ${result.promises.rows}`,
    `2 A blind coordinator        ${result.promises.blind}`,
    `3 Colluding sites            ${result.promises.colluders}`,
    `4 Budget                     ${result.promises.budget}`,
    `5 Signatures                 ${result.promises.signatures}`,
    `6 Never a silent subset      ${result.promises.subset}`,
  ];
  return lines.map((line) => (result.synthetic ? `SYNTHETIC  ${line}` : line)).join('\n');
}

/** The last line with `--json`. */
export function resultJson(result: DemoResult): string {
  return JSON.stringify({
    ...(result.synthetic ? { data: 'SYNTHETIC' } : {}),
    sites: result.sites.map(({ name, accuracy, accuracyAlone }) => ({ name, accuracy, accuracyAlone })),
    meanAccuracy: result.meanAccuracy,
    pooledAccuracy: result.pooledAccuracy,
    rounds: result.rounds,
    sumsExact: result.sumsExact,
    uploadBytesPerParameter: result.uploadBytesPerParameter,
    privacy: result.privacy,
    seconds: result.seconds,
  });
}
