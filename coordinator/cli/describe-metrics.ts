import { figureText, type Figure } from '@consilium/protocol';
import type { LatestMetrics } from '../src/http/metrics-views.js';
import { textTable } from './text-table.js';

const digits = (value: number): string => String(Number(value.toPrecision(4)));

/** `0.8312 ± 0.021`, or why there is no value. */
function withError(figure: Figure): string {
  const text = figureText(figure);
  return figure.standardError === null ? text : `${text} ± ${Number(figure.standardError.toPrecision(2))}`;
}

/** What signed totals say of the model: figures with their standard errors, calibration, and each subgroup with its gaps. */
export function describeMetrics(latest: LatestMetrics): readonly string[] {
  const patients = latest.support === null ? 'test patients not shown' : `${latest.support} test patients`;
  return [
    `after round ${latest.round}: ${patients} of ${latest.contributors.length} sites, totals only`,
    textTable(
      ['FIGURE', 'VALUE'],
      latest.figures.map((figure) => [figure.name, withError(figure)]),
    ),
    ...(latest.calibration.length === 0
      ? []
      : [
          '',
          textTable(
            ['PREDICTED', 'OBSERVED', 'PATIENTS'],
            latest.calibration.map(({ predicted, observed, patients: count }) => [
              digits(predicted),
              digits(observed),
              String(Math.round(count)),
            ]),
          ),
        ]),
    ...latest.subgroups.flatMap(describeSubgroup),
  ];
}

function describeSubgroup({ input, levels, gaps }: LatestMetrics['subgroups'][number]): readonly string[] {
  const names = levels[0]?.figures.map(({ name }) => name) ?? [];
  return [
    '',
    textTable(
      [input, 'PATIENTS', ...names],
      levels.map(({ level, support, figures }) => [
        level,
        support === null ? 'not shown' : String(support),
        ...figures.map((figure) => (figure.value === null ? '–' : withError(figure))),
      ]),
    ),
    textTable(
      ['GAP', 'SIZE', 'FROM', 'TO', 'VERDICT'],
      gaps.map(({ figure, gap, standardError, lowest, highest, verdict, reason }) => [
        figure,
        gap === null ? '–' : `${digits(gap)}${standardError === null ? '' : ` ± ${Number(standardError.toPrecision(2))}`}`,
        lowest ?? '–',
        highest ?? '–',
        `${verdict}: ${reason}`,
      ]),
    ),
  ];
}
