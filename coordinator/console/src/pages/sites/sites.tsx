import { Button } from '@mantine/core';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { listSites, type SiteView } from '../../api/sites.js';
import { useTopics } from '../../live/live-provider.js';
import { Badge } from '../../parts/badge.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import { Ago, Instant } from '../../parts/time.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { Admit } from './admit.js';
import { Invite } from './invite.js';
import { Connection, SiteState } from './site-state.js';

const { sites: w } = words;

export function Component(): ReactNode {
  useTopics('sites');
  const sites = useQuery({ queryKey: ['sites'], queryFn: ({ signal }) => listSites(signal) });
  const mayInvite = useMay('admin');
  const [inviting, setInviting] = useState(false);
  const invite = mayInvite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setInviting(true)}>
      {w.invite}
    </Button>
  );
  return (
    <Page title={w.title} lead={w.lead} acts={invite}>
      <Card tight>
        <Answer of={sites}>
          {({ items }) => (
            <DataTable
              name={w.title}
              views
              rows={items}
              columns={COLUMNS}
              rowKey={({ site }) => site}
              empty={
                <Empty title={w.emptyTitle} act={invite}>
                  {w.emptyDo}
                </Empty>
              }
            />
          )}
        </Answer>
      </Card>
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </Page>
  );
}

const COLUMNS: readonly Column<SiteView>[] = [
  {
    id: 'site',
    head: w.heads.site,
    value: ({ site }) => site,
    cell: ({ site }) => (
      <Link className="name" to={`/sites/${site}`}>
        {site}
      </Link>
    ),
  },
  {
    id: 'state',
    head: w.heads.state,
    value: ({ state }) => w.states[state],
    cell: (site) => (
      <span className="waits-head">
        <SiteState state={site.state} /> {site.state === 'pending' && <Admit site={site} />}
      </span>
    ),
  },
  {
    id: 'connection',
    head: w.heads.connection,
    value: ({ connected }) => (connected ? w.connected : w.away),
    cell: ({ connected, state }) => (state === 'admitted' || state === 'pending' ? <Connection connected={connected} /> : words.shell.none),
  },
  { id: 'lastSeen', head: w.heads.lastSeen, value: ({ lastSeen }) => lastSeen, cell: ({ lastSeen }) => <Ago at={lastSeen} /> },
  {
    id: 'certificate',
    head: w.heads.certificate,
    value: ({ certificateEnds }) => certificateEnds,
    cell: ({ certificateEnds, certificateWarning }) =>
      certificateWarning ? (
        <Badge tone="warn" title={certificateWarning}>
          <Instant at={certificateEnds} precision="day" />
        </Badge>
      ) : (
        <Instant at={certificateEnds} precision="day" />
      ),
  },
  { id: 'cohorts', head: w.heads.cohorts, wide: true, value: ({ cohorts }) => cohorts.join(', ') || null },
  { id: 'version', head: w.heads.version, value: ({ agentVersion }) => agentVersion },
  { id: 'engine', head: w.heads.engine, value: ({ engine }) => engine },
];
