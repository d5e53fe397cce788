import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { epsilonUp } from '../../api/epsilon.js';
import { compareStudies, type Compared } from '../../api/studies.js';
import { useTopics } from '../../live/live-provider.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import type { PlotModel } from '../../plot/model.js';
import { Plot } from '../../plot/plot.js';
import { words } from '../../words/index.js';
import { StudyBadge } from './study-badge.js';

const MOST = 5;
const { comparison: w } = words.studies;

/** Up to five studies beside each other: their curves in one figure, their figures in one table. */
export function Component(): ReactNode {
  const [search] = useSearchParams();
  const ids = (search.get('ids') ?? '').split(',').filter(Boolean);
  const shown = ids.slice(0, MOST);
  useTopics('studies');
  const asked = useQuery({
    queryKey: ['studies', 'compare', shown],
    queryFn: ({ signal }) => compareStudies(shown, signal),
    enabled: shown.length > 0,
  });
  return (
    <Page
      title={w.title}
      lead={w.lead}
      above={
        <Link className="back" to="/studies">
          ← {words.studies.title}
        </Link>
      }
    >
      {ids.length > MOST && <p>{w.mostFive}</p>}
      {ids.length === 0 ? (
        <Card>
          <Empty title={w.pick} act={<Link to="/studies">{w.toList}</Link>} />
        </Card>
      ) : (
        <Answer of={asked}>{({ items }) => <Side studies={items} />}</Answer>
      )}
    </Page>
  );
}

function Side({ studies }: { readonly studies: readonly Compared[] }): ReactNode {
  return (
    <>
      <Card tight>
        <DataTable name={w.title} rows={studies} columns={COLUMNS} rowKey={({ hash }) => hash} empty={<Empty title={w.pick} />} />
      </Card>
      <div className="columns">
        <Card>
          <Plot model={lossPlot(studies)} />
        </Card>
        <Card>
          <Plot model={utilityPlot(studies)} />
        </Card>
      </div>
    </>
  );
}

const label = ({ name, hash }: Compared) => `${name} ${hash.slice(0, 6)}`;
const newest = ({ points }: Compared, figure: 'loss' | 'auroc' | 'accuracy') =>
  points.findLast((point) => point[figure] !== null)?.[figure] ?? null;
const caption = (title: string, studies: readonly Compared[]) =>
  `${title}. Studies: ${studies.map(({ name, hash, sites }) => `${name} (study hash ${hash.slice(0, 16)}, ${sites} sites)`).join('; ')}.`;

function lossPlot(studies: readonly Compared[]): PlotModel {
  return {
    title: w.lossPlot,
    caption: caption(w.lossPlot, studies),
    x: { label: words.study.results.round, kind: 'number', whole: true },
    y: { label: words.study.results.lossY, kind: 'number' },
    layers: studies.map((study) => ({
      type: 'line',
      name: label(study),
      points: study.points.flatMap(({ round, loss }) => (loss === null ? [] : [{ x: round, y: loss }])),
    })),
  };
}

function utilityPlot(studies: readonly Compared[]): PlotModel {
  return {
    title: w.utility,
    caption: caption(w.utility, studies),
    x: { label: w.utilityX, kind: 'number', zero: true },
    y: { label: w.heads.auc, kind: 'number', domain: [0.5, 1] },
    layers: studies.flatMap((study) => {
      const auc = newest(study, 'auroc');
      const { epsilon } = study;
      if (!epsilon || !Number.isFinite(epsilon) || auc === null) return [];
      return [{ type: 'line' as const, name: label(study), points: [{ x: epsilon, y: auc }] }];
    }),
  };
}

const three = (value: number | null) => (value === null ? words.shell.none : value.toFixed(3));
const COLUMNS: readonly Column<Compared>[] = [
  {
    id: 'study',
    head: w.heads.study,
    value: ({ name, hash }) => `${name} ${hash.slice(0, 8)}`,
    cell: ({ name, hash }) => (
      <Link className="name" to={`/studies/${hash}`}>
        {name} <code>{hash.slice(0, 8)}</code>
      </Link>
    ),
  },
  {
    id: 'state',
    head: w.heads.state,
    value: ({ state }) => words.studies.states[state],
    cell: ({ state }) => <StudyBadge state={state} />,
  },
  { id: 'rounds', head: w.heads.rounds, number: true, value: ({ points }) => points.at(-1)?.round ?? null },
  { id: 'sites', head: w.heads.sites, number: true, value: ({ sites }) => sites },
  {
    id: 'epsilon',
    head: w.heads.epsilon,
    number: true,
    value: ({ epsilon }) => epsilon ?? null,
    cell: ({ epsilon }) => (epsilon ? epsilonUp(epsilon) : words.studies.noPrivacy),
  },
  {
    id: 'loss',
    head: w.heads.loss,
    number: true,
    value: (study) => newest(study, 'loss'),
    cell: (study) => three(newest(study, 'loss')),
  },
  {
    id: 'auc',
    head: w.heads.auc,
    number: true,
    value: (study) => newest(study, 'auroc'),
    cell: (study) => three(newest(study, 'auroc')),
  },
  {
    id: 'accuracy',
    head: w.heads.accuracy,
    number: true,
    value: (study) => newest(study, 'accuracy'),
    cell: (study) => three(newest(study, 'accuracy')),
  },
];
