import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { readMetrics, type Figure, type LatestMetrics, type Metrics, type StudyView } from '../../api/studies.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import { Plot } from '../../plot/plot.js';
import { words } from '../../words/index.js';
import { Confusion } from './confusion.js';
import { interval } from './figures.js';
import { calibrationPlot, decisionPlot, histogramPlot, lossPlot, precisionPlot, rocPlot, subgroupPlot } from './result-plots.js';
import { useStudy } from './study.js';

const { results: w } = words.study;

export function Component(): ReactNode {
  const study = useStudy();
  const asked = useQuery({ queryKey: ['study', study.hash, 'metrics'], queryFn: ({ signal }) => readMetrics(study.hash, signal) });
  return (
    <Answer of={asked}>
      {(metrics) =>
        metrics.points.length === 0 && !metrics.latest ? (
          <Card>
            <Empty title={w.empty}>{w.emptyDo(w.firstRound)}</Empty>
          </Card>
        ) : (
          <Results study={{ ...study, latest: metrics.latest }} metrics={metrics} />
        )
      }
    </Answer>
  );
}

function Results({ study, metrics }: { readonly study: StudyView; readonly metrics: Metrics }): ReactNode {
  const { latest, points, curves, confusion } = metrics;
  const roc = curves?.roc ?? [];
  const share = latest ? shareWithOutcome(latest) : undefined;
  return (
    <>
      <div className="note">
        <p>
          {w.onlyTotals} {latest && <Who latest={latest} />}
        </p>
      </div>
      <div className="columns">
        <Card>
          <Plot model={lossPlot(study, points)} />
        </Card>
        {roc.length > 0 && (
          <>
            <Card>
              <Plot model={rocPlot(study, roc)} />
            </Card>
            {roc.some(({ precision }) => precision !== null) && (
              <Card>
                <Plot model={precisionPlot(study, roc)} />
              </Card>
            )}
            {share !== undefined && (
              <Card>
                <Plot model={decisionPlot(study, roc, share)} />
              </Card>
            )}
          </>
        )}
        {latest && <Newest study={study} latest={latest} />}
        <div>
          {confusion && (
            <Card title={w.confusion}>
              <Confusion labels={confusion.labels} rows={confusion.rows} />
            </Card>
          )}
          {latest && (
            <Card tight>
              <DataTable
                name={w.figures}
                title={w.figures}
                rows={latest.figures}
                columns={COLUMNS}
                rowKey={({ name }) => name}
                empty={null}
              />
            </Card>
          )}
        </div>
      </div>
    </>
  );
}

/** Of all that were evaluated, as the calibration's bins tell; undefined where there are none. */
function shareWithOutcome({ calibration }: LatestMetrics): number | undefined {
  const patients = calibration.reduce((sum, bin) => sum + bin.patients, 0);
  return patients > 0 ? calibration.reduce((sum, bin) => sum + bin.observed * bin.patients, 0) / patients : undefined;
}

function Who({ latest }: { readonly latest: LatestMetrics }): ReactNode {
  return (
    <>
      {w.contributors(latest.contributors.length, latest.contributors.join(', '))}.
      {latest.support !== null && ` ${w.support(latest.support)}.`}
    </>
  );
}

function Newest({ study, latest }: { readonly study: StudyView; readonly latest: LatestMetrics }): ReactNode {
  return (
    <>
      {latest.calibration.length > 0 && (
        <>
          <Card>
            <Plot model={calibrationPlot(study, latest)} />
          </Card>
          <Card>
            <Plot model={histogramPlot(study, latest)} />
          </Card>
        </>
      )}
      {latest.subgroups.length > 0 && (
        <Card>
          <Plot model={subgroupPlot(study, latest)} />
          <Gaps latest={latest} />
        </Card>
      )}
    </>
  );
}

function Gaps({ latest }: { readonly latest: LatestMetrics }): ReactNode {
  const told = latest.subgroups.flatMap(({ input, gaps }) => gaps.map((gap) => ({ input, ...gap })));
  if (told.length === 0) return null;
  return (
    <>
      <h3 className="foot">{w.verdicts}</h3>
      <ul className="list-plain">
        {told.map(({ input, figure, verdict, reason }) => (
          <li key={`${input} ${figure}`}>
            <strong>
              {input}, {figure}: {verdict}.
            </strong>{' '}
            {reason}
          </li>
        ))}
      </ul>
    </>
  );
}

const COLUMNS: readonly Column<Figure>[] = [
  { id: 'name', head: w.heads.name, value: ({ name }) => name },
  {
    id: 'value',
    head: w.heads.value,
    number: true,
    value: ({ value }) => value,
    cell: ({ value, reason }) => (value === null ? <span title={reason ?? undefined}>{w.notShown}</span> : value.toFixed(3)),
  },
  {
    id: 'interval',
    head: w.heads.interval,
    number: true,
    value: (figure) =>
      interval(figure)
        ?.map((end) => end.toFixed(3))
        .join(' to ') ?? null,
  },
];
