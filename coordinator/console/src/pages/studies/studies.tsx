import { Button, Checkbox } from '@mantine/core';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { epsilonUp } from '../../api/epsilon.js';
import { listStudies, type StudySummary } from '../../api/studies.js';
import { useTopics } from '../../live/live-provider.js';
import { CommandLine, Hash } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import { Ago } from '../../parts/time.js';
import { Sparkline } from '../../plot/sparkline.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { StudyBadge } from './study-badge.js';

const MOST = 5;
const { studies: w } = words;

export function Component(): ReactNode {
  useTopics('studies');
  const studies = useQuery({ queryKey: ['studies'], queryFn: ({ signal }) => listStudies(signal) });
  const mayWrite = useMay('researcher', 'admin');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const toggle = (hash: string) =>
    setChosen((now) => (now.includes(hash) ? now.filter((one) => one !== hash) : [...now, hash].slice(-MOST)));
  const create = mayWrite && (
    <Button component={Link} to="/studies/new" leftSection={<IconPlus size={16} />}>
      {w.create}
    </Button>
  );
  return (
    <Page
      title={w.title}
      lead={w.lead}
      acts={
        <>
          {chosen.length > 1 && (
            <Button component={Link} to={`/studies/compare?ids=${chosen.join(',')}`} variant="default">
              {w.compare(chosen.length)}
            </Button>
          )}
          {create}
        </>
      }
    >
      <Card tight>
        <Answer of={studies}>
          {({ items, more }) => (
            <DataTable
              name={w.title}
              views
              rows={items}
              columns={columns(chosen, toggle)}
              rowKey={({ hash }) => hash}
              more={more}
              empty={
                <Empty title={w.emptyTitle} act={create}>
                  {w.emptyDo} <CommandLine>npx consilium demo</CommandLine>
                </Empty>
              }
            />
          )}
        </Answer>
      </Card>
    </Page>
  );
}

const columns = (chosen: readonly string[], toggle: (hash: string) => void): readonly Column<StudySummary>[] => [
  {
    id: 'choose',
    head: w.heads.choose,
    fixed: true,
    value: () => null,
    cell: ({ hash, name }) => (
      <Checkbox
        size="xs"
        checked={chosen.includes(hash)}
        onChange={() => toggle(hash)}
        aria-label={w.choose(`${name} ${hash.slice(0, 8)}`)}
        title={w.compareHint}
      />
    ),
  },
  {
    id: 'name',
    head: w.heads.name,
    value: ({ name }) => name,
    cell: ({ hash, name }) => (
      <Link className="name" to={`/studies/${hash}`}>
        {name}
      </Link>
    ),
  },
  { id: 'version', head: w.heads.version, value: ({ hash }) => hash, cell: ({ hash }) => <Hash of={hash} copy={false} /> },
  { id: 'state', head: w.heads.state, value: ({ state }) => w.states[state], cell: ({ state }) => <StudyBadge state={state} /> },
  { id: 'round', head: w.heads.round, number: true, value: ({ round }) => round, cell: ({ round, rounds }) => w.roundOf(round, rounds) },
  {
    id: 'sites',
    head: w.heads.sites,
    number: true,
    value: ({ sitesReady }) => sitesReady,
    cell: ({ sitesReady, sitesNeeded }) => w.sitesReady(sitesReady, sitesNeeded),
  },
  {
    id: 'epsilon',
    head: w.heads.epsilon,
    number: true,
    value: ({ epsilon }) => epsilon ?? null,
    cell: ({ epsilon }) => (epsilon ? epsilonUp(epsilon) : w.noPrivacy),
  },
  {
    id: 'loss',
    head: w.heads.loss,
    value: ({ losses }) => losses.at(-1) ?? null,
    cell: ({ losses }) => <Sparkline values={losses} />,
  },
  { id: 'reason', head: w.heads.reason, wide: true, value: ({ stateReason }) => stateReason },
  { id: 'proposed', head: w.heads.proposed, value: ({ proposedAt }) => proposedAt, cell: ({ proposedAt }) => <Ago at={proposedAt} /> },
];
