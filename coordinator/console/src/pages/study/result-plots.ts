import { epsilonUp } from '../../api/epsilon.js';
import type { CurvePoint, LatestMetrics, RocPoint, StudyView } from '../../api/studies.js';
import type { PlotModel } from '../../plot/model.js';
import { words } from '../../words/index.js';
import { interval } from './figures.js';

const { results: w } = words.study;

/** What a figure in a paper has to say of itself: sites, patients, study hash, epsilon (UX.md section 2). */
function caption(title: string, { name, hash, epsilon, round, latest, sites }: StudyView): string {
  const patients = latest?.support ? w.patients(latest.support) : '';
  const privacy = epsilon ? w.withEpsilon(epsilonUp(epsilon)) : w.withoutEpsilon;
  return w.caption(title, name, latest?.round ?? round, latest?.contributors.length ?? sites.length, hash, patients, privacy);
}

const SHARE = [0, 1] as const;

export function lossPlot(study: StudyView, curve: readonly CurvePoint[]): PlotModel {
  const line = (pick: 'trainLoss' | 'testLoss') =>
    curve.flatMap((point) => (point[pick] === null ? [] : [{ x: point.round, y: point[pick] }]));
  const layers = [
    { type: 'line' as const, name: w.trainLoss, points: line('trainLoss') },
    { type: 'line' as const, name: w.testLoss, points: line('testLoss') },
  ];
  return {
    title: w.loss,
    caption: caption(w.loss, study),
    x: { label: w.round, kind: 'number', whole: true },
    y: { label: w.lossY, kind: 'number' },
    layers: layers.filter(({ points }) => points.length > 0),
  };
}

export function rocPlot(study: StudyView, roc: readonly RocPoint[]): PlotModel {
  const points = roc
    .map(({ falsePositiveRate, sensitivity }) => ({ x: falsePositiveRate, y: sensitivity }))
    .toSorted((a, b) => a.x - b.x || a.y - b.y);
  return {
    title: w.roc,
    caption: caption(w.roc, study),
    x: { label: w.rocX, kind: 'number', domain: SHARE },
    y: { label: w.rocY, kind: 'number', domain: SHARE },
    layers: [
      { type: 'diagonal', name: w.chance },
      { type: 'line', name: w.rocLine, points },
    ],
  };
}

export function precisionPlot(study: StudyView, roc: readonly RocPoint[]): PlotModel {
  const points = roc
    .flatMap(({ sensitivity, precision }) => (precision === null ? [] : [{ x: sensitivity, y: precision }]))
    .toSorted((a, b) => a.x - b.x);
  return {
    title: w.pr,
    caption: caption(w.pr, study),
    x: { label: w.prX, kind: 'number', domain: SHARE },
    y: { label: w.prY, kind: 'number', domain: SHARE },
    layers: [{ type: 'line', name: w.rocLine, points }],
  };
}

/** Thresholds beyond this say little: few patients have such a risk, and the odds grow without bound. */
const LAST_THRESHOLD = 0.95;

/**
 * Net benefit of treating whoever is above a threshold p: sensitivity·π − (1 − specificity)·(1 − π)·p/(1 − p), beside that of
 * treating all and none (Vickers and Elkin 2006). @param share - π: with the outcome among those evaluated
 */
export function decisionPlot(study: StudyView, roc: readonly RocPoint[], share: number): PlotModel {
  const within = roc.filter(({ threshold }) => threshold > 0 && threshold <= LAST_THRESHOLD).toSorted((a, b) => a.threshold - b.threshold);
  const floor = Math.min(-0.05, -share / 4);
  const line = (rates: (point: RocPoint) => readonly [number, number]) =>
    within.flatMap((point) => {
      const { threshold: x } = point;
      const [sensitivity, falsePositiveRate] = rates(point);
      const y = sensitivity * share - (falsePositiveRate * (1 - share) * x) / (1 - x);
      return y < floor ? [] : [{ x, y }];
    });
  return {
    title: w.decision,
    caption: caption(w.decision, study),
    x: { label: w.decisionX, kind: 'number', domain: SHARE },
    y: { label: w.decisionY, kind: 'number', domain: [floor, Math.max(0.1, share * 1.1)] },
    layers: [
      { type: 'line', name: w.rocLine, points: line(({ sensitivity, falsePositiveRate }) => [sensitivity, falsePositiveRate]) },
      { type: 'line', name: w.treatAll, dashed: true, points: line(() => [1, 1]) },
      { type: 'line', name: w.treatNone, dashed: true, tone: 'quiet', points: line(() => [0, 0]) },
    ],
  };
}

export function calibrationPlot(study: StudyView, { calibration }: LatestMetrics): PlotModel {
  const points = calibration.filter(({ patients }) => patients > 0).map(({ predicted, observed }) => ({ x: predicted, y: observed }));
  return {
    title: w.calibration,
    caption: caption(w.calibration, study),
    x: { label: w.calibrationX, kind: 'number', domain: SHARE },
    y: { label: w.calibrationY, kind: 'number', domain: SHARE },
    layers: [
      { type: 'diagonal', name: w.ideal },
      { type: 'line', name: w.calibrationLine, points },
    ],
  };
}

export function histogramPlot(study: StudyView, { calibration }: LatestMetrics): PlotModel {
  const [first] = calibration;
  return {
    title: w.histogram,
    caption: caption(w.histogram, study),
    x: { label: w.calibrationX, kind: 'number', domain: SHARE },
    y: { label: w.histogramY, kind: 'number', zero: true },
    layers: [
      {
        type: 'bars',
        name: w.histogramY,
        width: first ? first.to - first.from : 0.1,
        bars: calibration.map(({ from, to, patients }) => ({ x: (from + to) / 2, y: patients })),
      },
    ],
  };
}

/** AUC of each group with its 95 % interval, the whole on top. */
export function subgroupPlot(study: StudyView, latest: LatestMetrics): PlotModel {
  const rows = [
    { name: w.overall, figures: latest.figures },
    ...latest.subgroups.flatMap(({ input, levels }) => levels.map(({ level, figures }) => ({ name: `${input} = ${level}`, figures }))),
  ].flatMap(({ name, figures }) => {
    const auc = figures.find((figure) => figure.name === 'auroc');
    return auc && auc.value !== null ? [{ name, value: auc.value, around: interval(auc) }] : [];
  });
  return {
    title: w.subgroups,
    caption: caption(w.subgroups, study),
    x: { label: w.subgroupsX, kind: 'number' },
    y: { label: w.subgroup, kind: 'category', categories: rows.map(({ name }) => name) },
    layers: [
      {
        type: 'dots',
        name: w.subgroups,
        points: rows.map(({ value, around }, y) => ({ x: value, y, ...(around ? { low: around[0], high: around[1] } : {}) })),
      },
    ],
  };
}
