import type { SiteFit } from '../src/sites/site-views.js';
import type { StudySummary, StudyView } from '../src/http/study-views.js';
import type { studyFigures } from './check-study.js';
import { epsilonText } from '@consilium/privacy';
import { describeMetrics } from './describe-metrics.js';
import { textTable } from './text-table.js';

type Figures = ReturnType<typeof studyFigures>;

/** Bytes as people read them, in binary units, three significant digits. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 2 ** (10 * power);
  return `${power === 0 ? value : Number(value.toPrecision(3))} ${units[power]}`;
}

export function describeFigures(figures: Figures): string {
  const { n, c, t, m } = figures.thresholds;
  const { scheme, degree, laneBits, lanes, levels, blocks } = figures.sealing;
  return [
    ...describeLines(figures.toWrite),
    `study        ${figures.name}`,
    `hash         ${figures.hash}`,
    `model        ${figures.parameterCount} parameters over ${figures.inputs.length} inputs, ${figures.rounds} rounds`,
    `sites        ${n}; a round needs ${m}; ${t} equal signatures decide, which ${c} dishonest cannot bring about`,
    `sealing      ${scheme}, N = ${degree}, ${lanes} lanes of ${laneBits} bits, ${levels} levels a site, ${blocks} ${blocks === 1 ? 'ciphertext' : 'ciphertexts'}`,
    ...describePrivacy(figures.privacy),
    ...describeWitnesses(figures.witnesses),
    `a round      ${formatBytes(figures.uploadBytes)} up and ${formatBytes(figures.downloadBytes)} down at each site`,
    `in all       ${formatBytes(figures.uploadBytesInAll)} up and ${formatBytes(figures.downloadBytesInAll)} down at each site`,
  ].join('\n');
}

/** What is to be written into the study file for the rest to be true of it. */
function describeLines(lines: Figures['toWrite']): readonly string[] {
  return lines.map(
    ({ section, field, value }, index) => `${index === 0 ? 'to write' : '        '}     ${field}: ${value}   # under ${section}`,
  );
}

/** What the study would leave of each limit that is known. */
export function describeBudgets(budgets: Figures['budgets']): string {
  const percent = (value: number) => `${value.toFixed(1)} %`;
  const roomOf = ({ frozen, fits, decides }: Figures['budgets'][number]) =>
    `${frozen ? 'frozen' : fits ? 'enough' : 'not enough'}${decides ? '' : ', if the cohort is of this population'}`;
  return textTable(
    ['SITE', 'POPULATION', 'USED NOW', 'AFTER', 'EPSILON AFTER', 'LIMIT', 'ROOM'],
    budgets.map((budget) => [
      budget.site ?? '-',
      budget.population ?? '(new)',
      percent(budget.before.percentUsed),
      budget.after === null ? 'unbounded' : percent(budget.after.percentUsed),
      budget.after === null ? 'unbounded' : budget.after.epsilonUsed.toFixed(4),
      String(budget.epsilonLimit),
      roomOf(budget),
    ]),
  );
}

/** The two numbers that people see before they approve, and what the first one means (UX.md section 2). */
function describePrivacy(privacy: Figures['privacy']): readonly string[] {
  const { mode, delta, promise, inOdds, ifAllOthersCollude } = privacy;
  if (promise === undefined) return [`privacy      mode ${mode}: no noise, and no limit on what the model tells of a patient`];
  return [
    `privacy      mode ${mode}: epsilon ${epsilonText(promise.rdp)} at delta ${delta} (${epsilonText(promise.pld)} by the tighter accountant)`,
    `             ${inOdds}`,
    `             if all other sites collude: epsilon ${epsilonText(ifAllOthersCollude.rdp)}`,
  ];
}

/** A study over four sites needs all of them at every reservation: better known before it waits (PROTOCOL.md section 7). */
function describeWitnesses(witnesses: Figures['witnesses']): readonly string[] {
  if (witnesses === null) return [];
  const { needed, of } = witnesses;
  const who = needed === of ? `all ${of}` : `${needed} of the ${of}`;
  return [`witnesses    ${who} other sites must cosign what a site pays before a round; while fewer answer, rounds wait`];
}

export function describeFit(sites: readonly SiteFit[]): string {
  return textTable(
    ['SITE', 'COULD RUN', 'WHY'],
    sites.map(({ site, couldRun, sentence, fix }) => [site, couldRun ? 'yes' : 'no', fix === null ? sentence : `${sentence} ${fix}`]),
  );
}

export function describeStudies(studies: readonly StudySummary[]): string {
  if (studies.length === 0) return 'No studies yet.';
  return textTable(
    ['STUDY', 'HASH', 'STATE', 'ROUND', 'WHY'],
    studies.map((study) => [study.name, study.hash.slice(0, 8), study.state, `${study.round}/${study.rounds}`, study.stateReason]),
  );
}

function why(said: Pick<StudyView['sites'][number], 'code' | 'incident' | 'sentence' | 'whoCanAct'>): string {
  const { code, incident, sentence, whoCanAct } = said;
  const named = code === null ? '' : `${code}${incident === null ? '' : ` (incident ${incident})`}`;
  return [named, sentence, whoCanAct].filter(Boolean).join(' ');
}

/** A study as a person asks about it: what it does, and who is waited for. */
export function describeStudy(view: StudyView): string {
  const sites = view.sites.flatMap(({ site, state, since, code, sentence, whoCanAct, incident, reasons }) => [
    [site, state, since ?? '-', why({ code, incident, sentence, whoCanAct })],
    // All of them at once: who puts one right should not meet the next.
    ...reasons.slice(1).map((reason) => ['', '', reason.since ?? '-', why({ ...reason, incident: null })]),
  ]);
  return [
    `${view.name}  ${view.hash}`,
    `${view.state}: ${view.stateReason}`,
    `round ${view.round} of ${view.rounds}${view.phase === null ? '' : `, ${view.phase}`}${view.deadline === null ? '' : `, until ${view.deadline}`}`,
    ...(view.latest ? ['', ...describeMetrics(view.latest)] : []),
    '',
    textTable(['SITE', 'STATE', 'SINCE', 'WHY'], sites),
  ].join('\n');
}
