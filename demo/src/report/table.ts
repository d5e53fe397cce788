import type { DemoResult, FoundPrivacy } from './demo-result.js';
import { renderPrivacy } from './privacy-table.js';

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
    ...(result.privacy === undefined ? [] : ['"alone" and "pooled" are without noise: what privacy costs is the difference.']),
    '',
    ...(result.privacy === undefined ? [] : [...renderPrivacy(result.mode, result.privacy), '']),
    `Rounds                       ${result.rounds}`,
    `Decrypted sums               ${result.sumsExact ? `all ${result.sumsCompared} equal the plaintext integer sums, bit for bit` : 'DIFFER from the plaintext integer sums'}`,
    `Upload, bytes a parameter    ${result.uploadBytesPerParameter.toFixed(3)} (measured at 10^6 parameters)`,
    `Privacy mode                 ${result.mode}`,
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
    privacy: result.mode,
    ...(result.privacy === undefined ? {} : privacyJson(result.privacy)),
    seconds: result.seconds,
  });
}

function privacyJson(found: FoundPrivacy): Record<string, unknown> {
  return {
    epsilon: found.promise.rdp,
    delta: found.delta,
    epsilonIfAllOthersCollude: found.ifAllOthersCollude.rdp,
    ledgersVerified: found.ledgersVerified,
    accuracyPooledPrivate: found.accuracyPooled,
    accuracyLocalPrivate: found.accuracyLocal,
    budgets: found.budgets,
  };
}
