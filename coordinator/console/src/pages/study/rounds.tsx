import { NativeSelect } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { readPhases, readRounds, type RoundView } from '../../api/studies.js';
import { Badge, type BadgeTone } from '../../parts/badge.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import { bytesText } from '../../parts/sizes.js';
import type { Column } from '../../parts/table-rows.js';
import { Instant } from '../../parts/time.js';
import { Plot } from '../../plot/plot.js';
import { words } from '../../words/index.js';
import { bytesPlot, ganttPlot, secondsOf, secondsPlot } from './round-plots.js';
import { useStudy } from './study.js';

const { rounds: w } = words.study;
const TONES: Readonly<Record<string, BadgeTone>> = { running: 'run', done: 'good', failed: 'bad' };

export function Component(): ReactNode {
  const study = useStudy();
  const rounds = useQuery({ queryKey: ['study', study.hash, 'rounds'], queryFn: ({ signal }) => readRounds(study.hash, signal) });
  return (
    <Answer of={rounds}>
      {({ items, more }) =>
        items.length === 0 ? (
          <Card>
            <Empty title={w.empty}>{w.emptyDo}</Empty>
          </Card>
        ) : (
          <>
            <Phases rounds={items} />
            <div className="columns">
              <Card>
                <Plot live model={secondsPlot(study, items)} height={200} />
              </Card>
              <Card>
                <Plot live model={bytesPlot(study, items)} height={200} />
              </Card>
            </div>
            <Card tight>
              <DataTable
                name={words.study.tabs.rounds}
                views
                rows={items.toReversed()}
                columns={COLUMNS}
                rowKey={({ round, attempt }) => `${round}.${attempt}`}
                more={more}
                empty={null}
              />
            </Card>
          </>
        )
      }
    </Answer>
  );
}

function Phases({ rounds }: { readonly rounds: readonly RoundView[] }): ReactNode {
  const study = useStudy();
  const numbers = [...new Set(rounds.map(({ round }) => round))].toReversed();
  const [chosen, setChosen] = useState<number>();
  const round = chosen ?? numbers[0] ?? 0;
  const phases = useQuery({
    queryKey: ['study', study.hash, 'phases', round],
    queryFn: ({ signal }) => readPhases(study.hash, round, signal),
    // The page does not jump whenever a round begins.
    placeholderData: keepPreviousData,
  });
  const choice = (
    <NativeSelect
      size="xs"
      w={120}
      aria-label={w.choose}
      value={String(round)}
      onChange={(event) => setChosen(Number(event.currentTarget.value))}
      data={numbers.map((number) => ({ value: String(number), label: `${w.round} ${number}` }))}
    />
  );
  return (
    <Card>
      <Answer of={phases}>
        {({ items }) =>
          items.length === 0 ? (
            <>
              {choice}
              <p className="soft foot">{w.noPhases}</p>
            </>
          ) : (
            <Plot model={ganttPlot(study, round, items)} height={78 + 26 * study.sites.length} side={choice} />
          )
        }
      </Answer>
    </Card>
  );
}

const COLUMNS: readonly Column<RoundView>[] = [
  { id: 'round', head: w.heads.round, value: ({ round }) => round, cell: ({ round, attempt }) => w.attempt(round, attempt) },
  { id: 'kind', head: w.heads.kind, value: ({ kind }) => w.kinds[kind] ?? kind },
  {
    id: 'outcome',
    head: w.heads.outcome,
    value: ({ outcome }) => w.outcomes[outcome] ?? outcome,
    cell: ({ outcome }) => <Badge tone={TONES[outcome] ?? 'quiet'}>{w.outcomes[outcome] ?? outcome}</Badge>,
  },
  {
    id: 'began',
    head: w.heads.began,
    value: ({ announcedAt }) => announcedAt,
    cell: ({ announcedAt }) => <Instant at={announcedAt} precision="second" />,
  },
  {
    id: 'took',
    head: w.heads.took,
    number: true,
    value: secondsOf,
    cell: (round) => (round.endedAt ? w.secondsText(secondsOf(round) ?? 0) : words.shell.none),
  },
  { id: 'counted', head: w.heads.counted, wide: true, value: ({ contributors }) => contributors.join(', ') || null },
  {
    id: 'missing',
    head: w.heads.missing,
    value: ({ participants, contributors, outcome }) =>
      outcome === 'running' ? null : participants.filter((site) => !contributors.includes(site)).join(', ') || null,
  },
  {
    id: 'bytes',
    head: w.heads.bytes,
    number: true,
    value: ({ foldBytes }) => foldBytes,
    cell: ({ foldBytes }) => (foldBytes === null ? words.shell.none : bytesText(foldBytes)),
  },
  { id: 'reason', head: w.heads.reason, wide: true, value: ({ reason }) => reason },
];
