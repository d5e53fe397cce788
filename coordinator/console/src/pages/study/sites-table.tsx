import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { SiteStatus, StudyView } from '../../api/studies.js';
import { DataTable } from '../../parts/data-table.js';
import type { Column } from '../../parts/table-rows.js';
import { Ago } from '../../parts/time.js';
import { words } from '../../words/index.js';
import { SiteBadge } from './site-badge.js';

const { sitesHeads: heads, siteStates } = words.study;

const COLUMNS: readonly Column<SiteStatus>[] = [
  {
    id: 'site',
    head: heads.site,
    value: ({ site }) => site,
    cell: ({ site }) => (
      <Link className="name" to={`/sites/${site}`}>
        {site}
      </Link>
    ),
  },
  { id: 'state', head: heads.state, value: ({ state }) => siteStates[state] ?? state, cell: ({ state }) => <SiteBadge state={state} /> },
  { id: 'since', head: heads.since, value: ({ since }) => since, cell: ({ since }) => (since ? <Ago at={since} /> : words.shell.none) },
  {
    id: 'what',
    head: heads.what,
    wide: true,
    value: ({ code, sentence, incident, reasons }) =>
      [code, sentence, incident, ...reasons.slice(1).flatMap((one) => [one.code, one.sentence])].filter(Boolean).join(' · ') || null,
    cell: ({ code, sentence, reasons }) =>
      code || sentence ? (
        <>
          {code && <code>{code}</code>} {sentence}
          {reasons.slice(1).map((one) => (
            <div key={`${one.code} ${one.sentence}`}>
              {one.code && <code>{one.code}</code>} {one.sentence}
            </div>
          ))}
        </>
      ) : (
        words.shell.none
      ),
  },
];

/** Where each site is within the study. */
export function SitesTable({ study }: { readonly study: StudyView }): ReactNode {
  return (
    <DataTable
      name={words.sites.title}
      title={words.sites.title}
      prefix="sites-"
      rows={study.sites}
      columns={COLUMNS}
      rowKey={({ site }) => site}
      empty={null}
    />
  );
}
