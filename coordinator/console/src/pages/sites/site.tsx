import { Button } from '@mantine/core';
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { listSites, readRoster, revoke, type SiteView } from '../../api/sites.js';
import { listStudies, readStudy } from '../../api/studies.js';
import { useTopics } from '../../live/live-provider.js';
import { Confirm } from '../../parts/confirm.js';
import { Answer, Card, Empty, Facts, Page } from '../../parts/page.js';
import { Say } from '../../parts/say.js';
import { Ago, Instant } from '../../parts/time.js';
import { useAct } from '../../parts/use-act.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { SiteBadge } from '../study/site-badge.js';
import { Admit } from './admit.js';
import { Connection, SiteState } from './site-state.js';

const { sites: w } = words;
/** Studies that are looked into for what the site does in them. */
const MOST_STUDIES = 10;

export function Component(): ReactNode {
  const { name = '' } = useParams();
  useTopics('sites');
  const sites = useQuery({ queryKey: ['sites'], queryFn: ({ signal }) => listSites(signal) });
  return (
    <Answer of={sites}>
      {({ items }) => {
        const site = items.find((one) => one.site === name);
        return site ? <Site site={site} /> : <Empty title={words.shell.notFound}>{words.shell.notFoundDo}</Empty>;
      }}
    </Answer>
  );
}

function Site({ site }: { readonly site: SiteView }): ReactNode {
  const { site: name, state } = site;
  const may = useMay('admin');
  const [asking, setAsking] = useState(false);
  const revoking = useAct({ act: () => revoke(name), changes: [['sites']], say: () => w.revoked(name), done: () => setAsking(false) });
  return (
    <Page
      title={name}
      above={
        <Link className="back" to="/sites">
          ← {w.title}
        </Link>
      }
      lead={
        <span className="waits-head">
          <SiteState state={state} /> {state === 'admitted' && <Connection connected={site.connected} />}
        </span>
      }
      acts={
        <>
          {state === 'pending' && <Admit site={site} />}
          {may && state !== 'revoked' && (
            <Button variant="default" onClick={() => setAsking(true)}>
              {w.revoke}
            </Button>
          )}
        </>
      }
    >
      {site.certificateWarning && (
        <div className="note note-warn">
          <IconAlertTriangle size={16} aria-hidden /> {site.certificateWarning}
        </div>
      )}
      <Card title={w.facts}>
        <Facts
          of={[
            [w.heads.lastSeen, <Ago key="seen" at={site.lastSeen} />],
            [w.heads.certificate, <Instant key="ends" at={site.certificateEnds} />],
            [w.heads.version, site.agentVersion ?? words.shell.none],
            [w.heads.engine, site.engine ?? words.shell.none],
            [w.heads.cohorts, site.cohorts.join(', ') || w.none],
            [w.position, site.position ?? words.shell.none],
            [w.countersigned, site.countersigned ?? w.none],
            [
              w.words,
              <span key="words" className="words">
                {site.words ?? words.shell.none}
              </span>,
            ],
          ]}
        />
        <p className="soft foot">
          <Say>{w.wordsHint}</Say>
        </p>
      </Card>
      <div className="columns">
        <TakesPart name={name} />
        <RosterCard />
      </div>
      <p className="soft">
        <Say>{w.own}</Say>
      </p>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={w.revokeTitle(name)}
        confirm={w.revoke}
        danger
        type={name}
        busy={revoking.busy}
        problem={revoking.problem}
        onConfirm={() => revoking.run()}
      >
        <p>{w.revokeBody}</p>
      </Confirm>
    </Page>
  );
}

function TakesPart({ name }: { readonly name: string }): ReactNode {
  const studies = useQuery({
    queryKey: ['studies', 'of-site', name],
    queryFn: async ({ signal }) => {
      const { items } = await listStudies(signal);
      const views = await Promise.all(items.slice(0, MOST_STUDIES).map(({ hash }) => readStudy(hash, signal)));
      return views.flatMap(({ hash, name: study, sites }) =>
        sites.filter(({ site }) => site === name).map((status) => ({ hash, study, status })),
      );
    },
  });
  return (
    <Card title={w.studiesTitle}>
      <Answer of={studies}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="soft">{w.studiesNone}</p>
          ) : (
            <ul className="waits">
              {rows.map(({ hash, study, status }) => (
                <li key={hash}>
                  <div className="waits-head">
                    <Link to={`/studies/${hash}`}>{study}</Link> <SiteBadge state={status.state} />{' '}
                    {status.code && <code>{status.code}</code>}
                  </div>
                  {status.sentence && <p>{status.sentence}</p>}
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function RosterCard(): ReactNode {
  const roster = useQuery({ queryKey: ['sites', 'roster'], queryFn: ({ signal }) => readRoster(signal) });
  return (
    <Card title={w.roster}>
      <Answer of={roster}>
        {({ epoch, words: eight, members }) => (
          <Facts
            of={[
              [w.rosterEpoch, String(epoch), 'roster'],
              [w.rosterSigned, w.rosterSignedBy(members.filter(({ countersigned }) => countersigned).length, members.length)],
              [
                w.rosterWords,
                <span key="words" className="words">
                  {eight}
                </span>,
              ],
            ]}
          />
        )}
      </Answer>
    </Card>
  );
}
