import { ConsiliumError } from '@consilium/protocol';
import type { Finding } from './finding.js';

const WORD: Readonly<Record<Finding['result'], string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', 'not run': '–' };

/** Findings as a person reads them, in the layout of UX.md section 5. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length), 5) + 2;
  const lines = findings.flatMap(({ check, result, code, evidence, fix, who }) => [
    `${WORD[result].padEnd(6)}${check.padEnd(width)}${evidence}${code === null ? '' : ` [${code}]`}`,
    ...(fix === null ? [] : [`${' '.repeat(6)}${'fix'.padEnd(width)}${fix}   (who: ${who})`]),
  ]);
  return [...lines, summary(findings)].join('\n');
}

/** How many failed, as one sentence. */
export function summary(findings: readonly Finding[]): string {
  const count = (result: Finding['result']) => findings.filter((one) => one.result === result).length;
  const notes = [
    ...(count('warn') > 0 ? [`${count('warn')} to look at`] : []),
    ...(count('not run') > 0 ? [`${count('not run')} not run`] : []),
  ];
  return `${count('fail')} of ${findings.length} checks failed${notes.length === 0 ? '' : `, ${notes.join(', ')}`}. No data were sent.`;
}

/** What a failed examination ends with: exit 3 where the coordinator is not reached, 6 where something here is not as it should be. */
export function failureOf(findings: readonly Finding[]): ConsiliumError | undefined {
  const failed = findings.filter(({ result }) => result === 'fail');
  const first = failed.find(({ group }) => group === 'network') ?? failed[0];
  if (first === undefined) return undefined;
  return new ConsiliumError({
    code: first.code ?? 'CHECK_FAILED',
    errorClass: first.group === 'network' ? 'unreachable' : 'verification',
    message: `${summary(findings)} First: ${first.check}.`,
    fix: first.fix ?? 'Look at the findings.',
  });
}
