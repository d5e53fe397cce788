import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, Navigate, NavLink, Outlet, useLocation, useOutletContext, useParams } from 'react-router';
import { launch, readStudy, readVersions, stop, type StudyView } from '../../api/studies.js';
import { useTopics } from '../../live/live-provider.js';
import { Confirm } from '../../parts/confirm.js';
import { Hash } from '../../parts/copy.js';
import { Answer, Page } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { useShownTab } from '../../parts/use-shown-tab.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { StudyBadge } from '../studies/study-badge.js';

const { study: w } = words;
const TABS = [
  ['', w.tabs.overview],
  ['rounds', w.tabs.rounds],
  ['results', w.tabs.results],
  ['versions', w.tabs.versions],
  ['model', w.tabs.model],
] as const;

const ENDED: readonly StudyView['state'][] = ['done', 'stopped', 'failed'];

/** Who can act for a site that is away changes with the time alone: while there is one, the study is read this often. */
const LOST_MS = 5_000;
const waitsForLost = ({ state, sites }: StudyView): boolean => !ENDED.includes(state) && sites.some((site) => site.state === 'lost');

export function Component(): ReactNode {
  const { hash = '' } = useParams();
  const asked = useQuery({
    queryKey: ['study', hash],
    queryFn: ({ signal }) => readStudy(hash, signal),
    refetchInterval: ({ state }) => (state.data && waitsForLost(state.data) ? LOST_MS : false),
  });
  const versions = useQuery({ queryKey: ['study', hash, 'versions'], queryFn: ({ signal }) => readVersions(hash, signal) });
  // A name or the beginning of a hash leads here too; what happens is told under the whole hash.
  const whole = asked.data?.hash;
  // What becomes of its sites is no event of the study: it is told in these two.
  useTopics(...(whole === undefined ? [] : [`study:${whole}`, 'sites', 'studies']));
  const { pathname } = useLocation();
  if (whole !== undefined && whole !== hash) return <Navigate to={pathname.replace(hash, whole)} replace />;
  const epsilon = versions.data?.items.find((version) => version.hash === asked.data?.hash)?.epsilon;
  return <Answer of={asked}>{(study) => <Study study={{ ...study, epsilon }} />}</Answer>;
}

/** The study that the tabs show. */
export const useStudy = (): StudyView => useOutletContext<StudyView>();

function Study({ study }: { readonly study: StudyView }): ReactNode {
  const { hash, name, state, stateReason } = study;
  const mayRun = useMay('researcher', 'admin');
  const [asking, setAsking] = useState(false);
  const tabs = useShownTab(useLocation().pathname);
  const changes = [['study', hash], ['studies']];
  const launching = useAct({ act: () => launch(hash), changes, say: () => w.launched });
  const stopping = useAct({ act: () => stop(hash), changes, say: () => w.stopped, done: () => setAsking(false) });
  const ended = ENDED.includes(state);
  const approved = study.approvals.length >= study.sites.length;
  const acts = mayRun && (
    <>
      <Button component={Link} to={`/studies/new?from=${hash}`} variant="default">
        {w.newVersion}
      </Button>
      {!ended && (
        <Button variant="default" onClick={() => setAsking(true)}>
          {w.stop}
        </Button>
      )}
      {state === 'proposed' && (
        <Button onClick={() => launching.run()} loading={launching.busy} disabled={!approved} title={approved ? undefined : w.launchWaits}>
          {w.launch}
        </Button>
      )}
    </>
  );
  return (
    <Page
      title={name}
      above={
        <Link className="back" to="/studies">
          ← {words.studies.title}
        </Link>
      }
      lead={
        <span className="waits-head">
          <StudyBadge state={state} /> <Hash of={hash} /> <span>{stateReason}</span>
        </span>
      }
      acts={acts}
    >
      {launching.problem && <ProblemNote problem={launching.problem} />}
      <nav ref={tabs} className="tabs" aria-label={w.tabsLabel}>
        {TABS.map(([to, label]) => (
          <NavLink key={to} to={to} end={to === ''}>
            {label}
          </NavLink>
        ))}
      </nav>
      <Outlet context={study} />
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={w.stopTitle(name)}
        confirm={w.stop}
        danger
        type={name}
        busy={stopping.busy}
        problem={stopping.problem}
        onConfirm={() => stopping.run()}
      >
        <p>{w.stopBody}</p>
      </Confirm>
    </Page>
  );
}
