import { Button, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { auditExport, listAudit, verifyAudit, type AuditEntry, type AuditFilter } from '../../api/office.js';
import { asProblem } from '../../api/problem.js';
import { Badge, type BadgeTone } from '../../parts/badge.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import type { Column } from '../../parts/table-rows.js';
import { Instant } from '../../parts/time.js';
import { Plot } from '../../plot/plot.js';
import type { PlotModel } from '../../plot/model.js';
import { words } from '../../words/index.js';

const { audit: w } = words.office;
const FIELDS = [
  ['actor', w.actor, 'text'],
  ['action', w.action, 'text'],
  ['q', w.text, 'search'],
  ['from', words.office.egress.from, 'date'],
  ['to', words.office.egress.to, 'date'],
] as const;

export function Component(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const filter: AuditFilter = Object.fromEntries(
    FIELDS.flatMap(([name]) => (search.get(`by-${name}`) ? [[name, search.get(`by-${name}`) ?? '']] : [])),
  );
  const audit = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) => listAudit(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const verify = useMutation({ mutationFn: verifyAudit });
  const entries = audit.data?.pages.flatMap(({ items }) => items);
  return (
    <Page
      title={w.title}
      lead={w.lead}
      acts={
        <>
          <Button component="a" href={auditExport(filter, 'csv')} download variant="default">
            {w.csv}
          </Button>
          <Button component="a" href={auditExport(filter, 'jsonl')} download variant="default">
            {w.jsonl}
          </Button>
          <Button onClick={() => verify.mutate()} loading={verify.isPending}>
            {w.verify}
          </Button>
        </>
      }
    >
      {verify.error && <ProblemNote problem={asProblem(verify.error)} />}
      {verify.data && (
        <div className="note" role="status">
          {verify.data.ok ? (
            <Badge tone="good">{w.good(verify.data.entries)}</Badge>
          ) : (
            <Badge tone="bad">{w.bad(String(verify.data.firstBad?.seq ?? ''), verify.data.firstBad?.reason ?? '')}</Badge>
          )}
        </div>
      )}
      <div className="table-bar filters">
        {FIELDS.map(([name, label, type]) => (
          <TextInput
            key={name}
            size="xs"
            type={type}
            label={label}
            defaultValue={search.get(`by-${name}`) ?? ''}
            onBlur={({ currentTarget: { value } }) => setSearch((now) => withParam(now, `by-${name}`, value), { replace: true })}
            onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
          />
        ))}
      </div>
      <Answer of={{ data: entries, error: audit.error, refetch: audit.refetch }}>
        {(items) => (
          <>
            {items.length > 0 && (
              <Card>
                <Plot model={byDay(items)} height={160} />
              </Card>
            )}
            <Card tight>
              <DataTable
                name={w.title}
                views
                rows={items}
                columns={COLUMNS}
                rowKey={({ seq }) => String(seq)}
                empty={<Empty title={w.emptyTitle}>{w.emptyDo}</Empty>}
              />
            </Card>
            {audit.hasNextPage && (
              <Button variant="default" onClick={() => void audit.fetchNextPage()} loading={audit.isFetchingNextPage}>
                {w.older}
              </Button>
            )}
          </>
        )}
      </Answer>
    </Page>
  );
}

function withParam(now: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(now);
  if (value === '') next.delete(name);
  else next.set(name, value);
  return next;
}

const DAY_MS = 86_400_000;
function byDay(entries: readonly AuditEntry[]): PlotModel {
  const days = new Map<number, number>();
  for (const { at } of entries) {
    const day = Math.floor(Date.parse(at) / DAY_MS) * DAY_MS + DAY_MS / 2;
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const bars = [...days].map(([x, y]) => ({ x, y }));
  return {
    title: w.byDay,
    caption: w.byDay,
    x: { label: w.day, kind: 'time', daily: true },
    y: { label: w.entries, kind: 'number', zero: true },
    layers: [{ type: 'bars', name: w.entries, width: DAY_MS * 0.8, bars }],
  };
}

const text = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
const change = ({ before, after }: AuditEntry): string => {
  const [was, is] = [text(before), text(after)];
  return was === '' ? is : `${was} → ${is}`;
};

const OUTCOMES: Readonly<Record<string, BadgeTone>> = { done: 'good', begun: 'run', refused: 'warn', failed: 'bad' };

const COLUMNS: readonly Column<AuditEntry>[] = [
  { id: 'at', head: w.heads.at, value: ({ at }) => at, cell: ({ at }) => <Instant at={at} precision="second" /> },
  { id: 'actor', head: w.heads.actor, value: ({ actor }) => actor },
  { id: 'action', head: w.heads.action, value: ({ action }) => action, cell: ({ action }) => <code>{action}</code> },
  {
    id: 'outcome',
    head: w.heads.outcome,
    value: ({ outcome }) => w.outcomes[outcome] ?? outcome,
    cell: ({ outcome }) => <Badge tone={OUTCOMES[outcome] ?? 'quiet'}>{w.outcomes[outcome] ?? outcome}</Badge>,
  },
  { id: 'subject', head: w.heads.subject, value: ({ subject }) => subject ?? null },
  { id: 'change', head: w.heads.change, wide: true, value: (entry) => change(entry) || null },
  { id: 'from', head: w.heads.from, value: ({ from }) => from ?? null },
  { id: 'via', head: w.heads.via, value: ({ via }) => via ?? null },
  {
    id: 'request',
    head: w.heads.request,
    value: ({ requestId }) => requestId ?? null,
    cell: ({ requestId }) => <code>{requestId?.slice(0, 8)}</code>,
  },
];
