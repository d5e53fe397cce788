import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { goOnWithout, remind, type SiteStatus, type StudyView } from '../../api/studies.js';
import { Confirm } from '../../parts/confirm.js';
import { CommandLine } from '../../parts/copy.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { Ago } from '../../parts/time.js';
import { useAct } from '../../parts/use-act.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { SiteBadge } from './site-badge.js';

const { study: w } = words;
const TROUBLED = ['blocked', 'refused', 'failed', 'late', 'lost', 'out-of-step'];

/** Who is waited for, why, and who can act. */
export function Waits({ study }: { readonly study: StudyView }): ReactNode {
  const { sites, approvals, hash, state } = study;
  const missing = sites.filter(({ state: site }) => site === 'not-approved');
  // A site that has not approved may have other reasons too: all of them are shown before the first round.
  const troubled = sites.filter(({ state: site, reasons }) => TROUBLED.includes(site) || reasons.length > 1);
  const ended = state === 'done' || state === 'stopped' || state === 'failed';
  if (ended || (missing.length === 0 && troubled.length === 0)) return <p className="soft">{w.nobody}</p>;
  return (
    <ul className="waits">
      {missing.length > 0 && (
        <li>
          <p>{w.waitingApprovals(approvals.length, sites.length, missing.map(({ site }) => site).join(', '))}</p>
          <p>
            <strong>{words.shell.whoCanAct}:</strong> {w.approvalWho}. <CommandLine>{w.approvalHow(hash.slice(0, 8))}</CommandLine>
          </p>
          {state === 'proposed' && <Remind hash={hash} />}
        </li>
      )}
      {troubled.map((site) => (
        <Trouble key={site.site} site={site} study={study} />
      ))}
    </ul>
  );
}

/** Tells the officers once more. The coordinator does so once a day; when, and why not, it says itself. */
export function Remind({ hash }: { readonly hash: string }): ReactNode {
  const mayRun = useMay('researcher', 'admin');
  const reminding = useAct({ act: () => remind(hash), changes: [], say: () => w.reminded });
  if (!mayRun) return null;
  return (
    <>
      {reminding.problem && <ProblemNote problem={reminding.problem} />}
      <Button size="xs" variant="default" mt={6} loading={reminding.busy} onClick={() => reminding.run()}>
        {w.remind}
      </Button>
    </>
  );
}

function Trouble({ site, study }: { readonly site: SiteStatus; readonly study: StudyView }): ReactNode {
  const mayRun = useMay('researcher', 'admin');
  const [asking, setAsking] = useState(false);
  const changes = [['study', study.hash]];
  const goOn = useAct({
    act: () => goOnWithout(study.hash, site.site),
    changes,
    say: () => w.wentOn(site.site),
    done: () => setAsking(false),
  });
  const left = study.sites.length - 1;
  const enough = left >= study.thresholds.m;
  return (
    <li>
      <div className="waits-head">
        <strong>{site.site}</strong>
        <SiteBadge state={site.state} />
        {site.code && <code>{site.code}</code>}
        {site.since && (
          <span className="soft">
            <Ago at={site.since} />
          </span>
        )}
      </div>
      {site.reasons.length > 0 ? (
        site.reasons.map((reason) => <Reason key={`${reason.code} ${reason.sentence}`} {...reason} />)
      ) : (
        <Reason sentence={site.sentence} whoCanAct={site.whoCanAct} />
      )}
      {site.incident && (
        <p>
          <CommandLine>{w.incidentHow(site.incident)}</CommandLine>
        </p>
      )}
      {mayRun && site.state === 'refused' && (
        <Button size="xs" variant="default" mt={6} onClick={() => setAsking(true)}>
          {w.goOn(site.site)}
        </Button>
      )}
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={w.goOnTitle(site.site)}
        confirm={w.goOn(site.site)}
        busy={goOn.busy}
        problem={goOn.problem}
        disabled={!enough}
        onConfirm={() => goOn.run()}
      >
        <p>{enough ? w.goOnBody(left, study.thresholds.m) : w.goOnTooFew(left, study.thresholds.m)}</p>
      </Confirm>
    </li>
  );
}

/** One of the reasons, and who can act on it. */
function Reason({ sentence, whoCanAct }: Pick<SiteStatus, 'sentence' | 'whoCanAct'>): ReactNode {
  return (
    <>
      {sentence && <p>{sentence}</p>}
      {whoCanAct && (
        <p>
          <strong>{words.shell.whoCanAct}:</strong> {whoCanAct}
        </p>
      )}
    </>
  );
}
