import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { createDpoReport, listReports, reportFile, type MadeReport } from '../../api/office.js';
import { listSites } from '../../api/sites.js';
import { Badge } from '../../parts/badge.js';
import { DataTable } from '../../parts/data-table.js';
import { download } from '../../parts/download.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import type { Column } from '../../parts/table-rows.js';
import { Instant } from '../../parts/time.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { reports: w } = words.office;

export function Component(): ReactNode {
  const sites = useQuery({ queryKey: ['sites'], queryFn: ({ signal }) => listSites(signal) });
  return (
    <Page title={w.title} lead={w.lead}>
      <Card title={w.dpo}>
        <p className="soft">{w.dpoLead}</p>
        <Answer of={sites}>
          {({ items }) => {
            const joined = items.filter(({ state }) => state === 'admitted').map(({ site }) => site);
            return joined.length === 0 ? <Empty title={w.noSites}>{words.sites.emptyDo}</Empty> : <Dpo sites={joined} />;
          }}
        </Answer>
      </Card>
      <Made />
      <p className="soft">{w.cannot}</p>
    </Page>
  );
}

const REPORTS = ['reports'] as const;

/** Reports that were made before. */
function Made(): ReactNode {
  const reports = useQuery({ queryKey: REPORTS, queryFn: ({ signal }) => listReports(signal) });
  if (!reports.data || reports.data.items.length === 0) return null;
  return (
    <Card tight>
      <DataTable name={w.made} title={w.made} rows={reports.data.items} columns={COLUMNS} rowKey={({ id }) => id} empty={null} />
    </Card>
  );
}

const linkTo = ({ id }: MadeReport, format: 'pdf' | 'json') => `/api/v1/reports/${encodeURIComponent(id)}.${format}`;
const COLUMNS: readonly Column<MadeReport>[] = [
  { id: 'at', head: w.heads.at, value: ({ createdAt }) => createdAt, cell: ({ createdAt }) => <Instant at={createdAt} /> },
  { id: 'site', head: w.heads.site, value: ({ site }) => site },
  { id: 'span', head: w.heads.span, value: ({ from, to }) => `${from} – ${to}` },
  { id: 'by', head: w.heads.by, value: ({ createdBy }) => createdBy },
  {
    id: 'file',
    head: w.heads.file,
    fixed: true,
    value: () => null,
    cell: (report) => (
      <span className="waits-head">
        <a href={linkTo(report, 'pdf')} download>
          {w.pdf}
        </a>
        <a href={linkTo(report, 'json')} download>
          {w.json}
        </a>
      </span>
    ),
  },
];

const today = () => new Date().toISOString().slice(0, 10);

function Dpo({ sites }: { readonly sites: readonly string[] }): ReactNode {
  const [site, setSite] = useState(sites[0] ?? '');
  const [from, setFrom] = useState(`${today().slice(0, 4)}-01-01`);
  const [to, setTo] = useState(today());
  const [made, setMade] = useState<string>();
  const create = useAct<void, { id: string }>({
    act: () => createDpoReport({ site, from, to }),
    changes: [REPORTS],
    done: ({ id }) => setMade(id),
  });
  const fetched = useAct<'pdf' | 'json', Blob>({
    act: (format) => reportFile(made ?? '', format),
    changes: [],
    done: (blob, format) => download(`dpo-${site}-${from}-${to}.${format}`, blob),
  });
  const problem = create.problem ?? fetched.problem;
  const wrong = from > to;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setMade(undefined);
        create.run();
      }}
    >
      {problem && <ProblemNote problem={problem} />}
      <div className="fields">
        <NativeSelect label={w.site} value={site} onChange={(event) => setSite(event.currentTarget.value)} data={[...sites]} />
        <TextInput label={w.from} type="date" required value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput
          label={w.to}
          type="date"
          required
          value={to}
          error={wrong && w.order}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </div>
      <div className="page-acts foot">
        <Button type="submit" loading={create.busy} disabled={wrong}>
          {w.create}
        </Button>
        {made && (
          <span className="waits-head" role="status">
            <Badge tone="good">{w.ready}</Badge>
            <Button size="xs" variant="default" onClick={() => fetched.run('pdf')} loading={fetched.busy}>
              {w.pdf}
            </Button>
            <Button size="xs" variant="default" onClick={() => fetched.run('json')}>
              {w.json}
            </Button>
          </span>
        )}
      </div>
    </form>
  );
}
