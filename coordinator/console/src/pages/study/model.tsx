import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { readModel } from '../../api/studies.js';
import { Badge } from '../../parts/badge.js';
import { CommandLine } from '../../parts/copy.js';
import { download } from '../../parts/download.js';
import { Card } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';
import { useStudy } from './study.js';
import { Remind } from './waits.js';

const { model: w } = words.study;

/** Sealed, voted on, or released. */
export function Component(): ReactNode {
  const { state, name, hash, sites, releaseVotes } = useStudy();
  const fetched = useAct({ act: () => readModel(hash), changes: [], done: (blob) => download(`${name}.bundle.json`, blob) });
  const yes = releaseVotes.filter(({ vote }) => vote === 'yes').length;
  return (
    <>
      <Card>
        {state === 'done' ? (
          <div className="stack">
            <Badge tone="good">{w.released}</Badge>
            {fetched.problem && <ProblemNote problem={fetched.problem} />}
            <div>
              <Button onClick={() => fetched.run()} loading={fetched.busy}>
                {w.download}
              </Button>
            </div>
            <p>
              {w.kit} <CommandLine>{w.kitCommand(name)}</CommandLine>
            </p>
          </div>
        ) : state === 'releasing' ? (
          <>
            <p>{w.sealed(yes, sites.length)}</p>
            <p className="soft">{w.sealedDo}</p>
            <Remind hash={hash} />
          </>
        ) : (
          <p>{state === 'stopped' || state === 'failed' ? w.gone : w.sealedEarly}</p>
        )}
      </Card>
      {state === 'releasing' && (
        <Card title={w.votes}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{w.heads.site}</th>
                <th scope="col">{w.heads.vote}</th>
              </tr>
            </thead>
            <tbody>
              {sites.map(({ site }) => {
                const vote = releaseVotes.find((one) => one.site === site)?.vote ?? 'open';
                return (
                  <tr key={site}>
                    <td>{site}</td>
                    <td>
                      <Badge tone={vote === 'yes' ? 'good' : vote === 'no' ? 'bad' : 'quiet'}>{w.vote[vote] ?? vote}</Badge>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Card>
      )}
    </>
  );
}
