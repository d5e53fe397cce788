import type { RoundView, SitePhase, StudyView } from '../../api/studies.js';
import type { PlotModel, Tone } from '../../plot/model.js';
import { words } from '../../words/index.js';

const { rounds: w } = words.study;

/** @returns whole seconds from announcement to end; null while it runs */
export function secondsOf({ announcedAt, endedAt }: RoundView): number | null {
  return endedAt === null ? null : Math.round((Date.parse(endedAt) - Date.parse(announcedAt)) / 100) / 10;
}

const PHASE_TONES: Readonly<Record<string, Tone>> = {
  train: 'one',
  training: 'one',
  sealing: 'three',
  list: 'three',
  upload: 'two',
  uploading: 'two',
  unmask: 'four',
  unmasking: 'four',
  opening: 'four',
  apply: 'good',
  applied: 'good',
};
const TROUBLE: Readonly<Record<string, Tone>> = { refused: 'bad', failed: 'bad', 'out-of-step': 'bad', late: 'warn', lost: 'warn' };

const caption = (title: string, { name, hash }: StudyView) => `${title}. Study ${name}; study hash ${hash}; times in UTC.`;

/** Site × phase over time; what went wrong is drawn with a broken outline and named. */
export function ganttPlot(study: StudyView, round: number, phases: readonly SitePhase[]): PlotModel {
  const sites = study.sites.map(({ site }) => site);
  const title = w.gantt(round);
  const now = Date.now();
  return {
    title,
    caption: caption(title, study),
    x: { label: w.time, kind: 'time' },
    y: { label: w.ganttSite, kind: 'category', categories: sites },
    layers: [
      {
        type: 'spans',
        name: title,
        spans: phases
          .filter(({ site }) => sites.includes(site))
          .map(({ site, phase, from, to, state, code }) => ({
            row: sites.indexOf(site),
            from: Date.parse(from),
            to: to === null ? now : Date.parse(to),
            label: [w.phases[phase] ?? phase, state === 'done' ? undefined : state, code].filter(Boolean).join(', '),
            tone: TROUBLE[state] ?? PHASE_TONES[phase] ?? 'quiet',
            ...(TROUBLE[state] ? {} : { kind: w.phases[phase] ?? phase }),
          })),
      },
    ],
  };
}

export function secondsPlot(study: StudyView, rounds: readonly RoundView[]): PlotModel {
  return {
    title: w.seconds,
    caption: caption(w.seconds, study),
    x: { label: w.round, kind: 'number', whole: true },
    y: { label: w.secondsY, kind: 'number', zero: true },
    layers: [
      {
        type: 'bars',
        name: w.secondsY,
        width: 0.8,
        bars: rounds.flatMap((round) => {
          const seconds = secondsOf(round);
          return seconds === null || round.outcome !== 'done' ? [] : [{ x: round.round, y: seconds }];
        }),
      },
    ],
  };
}

const MEGA = 1e6;

export function bytesPlot(study: StudyView, rounds: readonly RoundView[]): PlotModel {
  return {
    title: w.megabytes,
    caption: caption(w.megabytes, study),
    x: { label: w.round, kind: 'number', whole: true },
    y: { label: w.megabytesY, kind: 'number', zero: true },
    layers: [
      {
        type: 'bars',
        name: w.megabytesY,
        width: 0.8,
        tone: 'three',
        bars: rounds.flatMap(({ round, foldBytes }) => (foldBytes === null ? [] : [{ x: round, y: foldBytes / MEGA }])),
      },
    ],
  };
}
