import { Button, Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import type { GoodLedger } from '../../ledger/messages.js';
import { Badge } from '../../parts/badge.js';
import { Facts } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { percentUp } from '../../parts/sizes.js';
import { words } from '../../words/index.js';
import { pinHead, pinnedHead } from './pins.js';
import type { Verification } from './use-verification.js';

const { ledgers: w } = words;

/** What the check found: what holds, or the first entry that does not, and what to do. */
export function VerdictCard({ verification, onPin }: { readonly verification: Verification; onPin(): void }): ReactNode {
  const { of = '', busy, done, total, verdict, problem } = verification;
  if (problem) return <ProblemNote problem={problem} />;
  if (busy)
    return (
      <div className="verdict" role="status">
        <p>{w.working(done, total)}</p>
        <Progress value={total === 0 ? 5 : (done / total) * 100} aria-label={w.working(done, total)} />
      </div>
    );
  if (!verdict) return null;
  if (verdict.kind === 'cannot') return <p className="verdict">{w.noEd25519}</p>;
  const { verdict: found } = verdict;
  return (
    <div className="verdict stack" role="status">
      {found.ok ? (
        <Good of={of} found={found} onPin={onPin} />
      ) : (
        <>
          <p>
            <Badge tone="bad">{w.bad(of)}</Badge>
          </p>
          {found.line !== null && <p className="big">{w.badLine(found.line)}</p>}
          <p>{found.detail}</p>
          <p className="soft">{w.badDo}</p>
        </>
      )}
    </div>
  );
}

function Good({ of, found, onPin }: { readonly of: string; readonly found: GoodLedger; onPin(): void }): ReactNode {
  return (
    <>
      <p>
        <Badge tone="good">{w.good(of)}</Badge> {found.words}
      </p>
      <Pinned of={of} found={found} />
      <Facts
        of={[
          [w.entries, String(found.entries)],
          [w.held, `${percentUp(found.percentUsed / 100)} (ε ${found.epsilonLimit}, δ ${found.delta})`],
          [w.cosigned, found.cosigners.join(', ') || words.shell.none],
          [
            w.head,
            <span key="head" className="words">
              {found.headWords}
            </span>,
          ],
          [
            w.root,
            <code key="root" className="root">
              {found.root}
            </code>,
          ],
        ]}
      />
      {found.decisions.length > 0 && (
        <div>
          <h3>{w.decisions}</h3>
          <ul className="list-plain">
            {found.decisions.map(({ line, day, what, who }) => (
              <li key={line}>{w.decision(line, day, what, who)}</li>
            ))}
          </ul>
        </div>
      )}
      <div>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            pinHead(of, { size: found.entries, root: found.root });
            onPin();
          }}
        >
          {w.pin}
        </Button>
      </div>
    </>
  );
}

/** Whether the ledger continues what the person pinned before. */
function Pinned({ of, found }: { readonly of: string; readonly found: GoodLedger }): ReactNode {
  const pin = pinnedHead(of);
  if (!pin) return null;
  if (pin.root === found.root) return <p className="soft">{w.pinned(pin.size)}</p>;
  if (pin.size > found.entries) return <Badge tone="bad">{w.pinShrunk(pin.size, found.entries)}</Badge>;
  if (found.pinnedRoot !== undefined && found.pinnedRoot !== pin.root) return <Badge tone="bad">{w.pinDiffers}</Badge>;
  return <Badge tone="good">{w.pinHolds(pin.size)}</Badge>;
}
