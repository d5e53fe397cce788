import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { egressExport, listEgress, type EgressFilter, type EgressItem, type EgressTotals } from '../../api/office.js';
import { listSites } from '../../api/sites.js';
import { Hash } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty, Facts, Page } from '../../parts/page.js';
import { Say } from '../../parts/say.js';
import { bytesText } from '../../parts/sizes.js';
import type { Column } from '../../parts/table-rows.js';
import { Instant } from '../../parts/time.js';
import { Plot } from '../../plot/plot.js';
import { words } from '../../words/index.js';
import { byDayPlot, byKind, cumulativePlot, EGRESS_KINDS } from './egress-plots.js';

const { egress: w } = words.office;
const NAMES = ['site', 'kind', 'from', 'to', 'study'] as const;

export function Component(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const filter: EgressFilter = Object.fromEntries(NAMES.flatMap((name) => (search.get(name) ? [[name, search.get(name) ?? '']] : [])));
  const egress = useInfiniteQuery({
    queryKey: ['egress', filter],
    queryFn: ({ pageParam, signal }) => listEgress(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const sites = useQuery({ queryKey: ['sites'], queryFn: ({ signal }) => listSites(signal) });
  const set = (name: string, value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <Page
      title={w.title}
      lead={w.lead}
      acts={
        <Button component="a" href={egressExport(filter)} download variant="default">
          {w.export}
        </Button>
      }
    >
      <div className="table-bar filters">
        <NativeSelect
          size="xs"
          label={w.heads.site}
          value={filter.site ?? ''}
          onChange={(event) => set('site', event.currentTarget.value)}
          data={[{ value: '', label: w.all }, ...(sites.data?.items ?? []).map(({ site }) => site)]}
        />
        <NativeSelect
          size="xs"
          label={w.heads.kind}
          value={filter.kind ?? ''}
          onChange={(event) => set('kind', event.currentTarget.value)}
          data={[{ value: '', label: w.all }, ...EGRESS_KINDS.map((kind) => ({ value: kind, label: w.kinds[kind] ?? kind }))]}
        />
        <TextInput
          size="xs"
          type="date"
          label={w.from}
          value={filter.from ?? ''}
          onChange={(event) => set('from', event.currentTarget.value)}
        />
        <TextInput size="xs" type="date" label={w.to} value={filter.to ?? ''} onChange={(event) => set('to', event.currentTarget.value)} />
      </div>
      <Answer of={{ data: egress.data, error: egress.error, refetch: egress.refetch }}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Card>
              <Empty title={w.emptyTitle}>{w.emptyDo}</Empty>
            </Card>
          ) : (
            <>
              {pages[0]?.totals && <Totals totals={pages[0].totals} />}
              <Card tight>
                <DataTable
                  name={w.title}
                  views
                  rows={items}
                  columns={COLUMNS}
                  rowKey={({ at, site, kind, sha256, bytes }) => [at, site, kind, sha256 ?? bytes].join(' ')}
                  empty={null}
                />
              </Card>
              {egress.hasNextPage && (
                <Button variant="default" onClick={() => void egress.fetchNextPage()} loading={egress.isFetchingNextPage}>
                  {w.older}
                </Button>
              )}
              <p className="soft">
                <Say>{w.compare}</Say>
              </p>
            </>
          );
        }}
      </Answer>
    </Page>
  );
}

/** Sums over all rows of the filter, those that are not shown included. */
function Totals({ totals: { days, ledgers } }: { readonly totals: EgressTotals }): ReactNode {
  const copies = ledgers.reduce((sum, { bytes }) => sum + bytes, 0);
  const whole = days.reduce((sum, { bytes }) => sum + bytes, copies);
  return (
    <>
      <div className="columns">
        <Card>
          <Plot model={byDayPlot(days)} height={200} />
        </Card>
        <Card>
          <Plot model={cumulativePlot(days)} height={200} />
        </Card>
      </div>
      <Card>
        <Facts
          of={[
            ...byKind(days).map(([kind, bytes]) => [w.kinds[kind] ?? kind, bytesText(bytes)] as const),
            [w.ledgerCopies, bytesText(copies)],
            [w.total, bytesText(whole)],
          ]}
        />
      </Card>
    </>
  );
}

const COLUMNS: readonly Column<EgressItem>[] = [
  { id: 'at', head: w.heads.at, value: ({ at }) => at, cell: ({ at }) => <Instant at={at} precision="second" /> },
  { id: 'site', head: w.heads.site, value: ({ site }) => site },
  {
    id: 'study',
    head: w.heads.study,
    value: ({ study }) => study ?? null,
    cell: ({ study }) => (study ? <Hash of={study} copy={false} /> : words.shell.none),
  },
  { id: 'round', head: w.heads.round, number: true, value: ({ round }) => round ?? null },
  { id: 'kind', head: w.heads.kind, value: ({ kind }) => w.kinds[kind] ?? kind },
  { id: 'bytes', head: w.heads.bytes, number: true, value: ({ bytes }) => bytes, cell: ({ bytes }) => bytes.toLocaleString('en') },
  {
    id: 'sha',
    head: w.heads.sha,
    value: ({ sha256 }) => sha256 ?? null,
    cell: ({ sha256 }) => (sha256 ? <Hash of={sha256} /> : words.shell.none),
  },
  { id: 'to', head: w.heads.to, value: ({ destination }) => destination ?? null },
  { id: 'entry', head: w.heads.entry, number: true, value: ({ ledgerEntry }) => ledgerEntry ?? null },
];
