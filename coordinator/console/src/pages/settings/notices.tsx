import { Button, TagsInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { readNotices, sendTestMail, setRecipients, type NoticeSettings } from '../../api/settings.js';
import { Badge } from '../../parts/badge.js';
import { Answer, Card, Facts } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { notices: w } = words.settings;
const NOTICES = ['notices'] as const;

/** How e-mail leaves, whether it arrives, and who is told of what. */
export function Notices(): ReactNode {
  const notices = useQuery({ queryKey: NOTICES, queryFn: ({ signal }) => readNotices(signal) });
  return (
    <Answer of={notices}>
      {(settings) => (
        <>
          <Mail settings={settings} />
          <Recipients settings={settings} />
        </>
      )}
    </Answer>
  );
}

function Mail({ settings: { mail, deliveries } }: { readonly settings: NoticeSettings }): ReactNode {
  const [sent, setSent] = useState<string>();
  const test = useAct<void, { to: string }>({ act: sendTestMail, changes: [NOTICES], done: ({ to }) => setSent(to) });
  const { waiting, gaveUp, lastError } = deliveries;
  return (
    <Card title={w.mail} side={<Badge tone={mail.configured ? 'good' : 'quiet'}>{mail.configured ? w.mailOn : w.mailOff}</Badge>}>
      {test.problem && <ProblemNote problem={test.problem} />}
      {mail.configured ? (
        <>
          <Facts
            of={[
              [w.from, mail.from ?? words.shell.none],
              [w.server, mail.server ?? words.shell.none],
              [w.tls, w.tlsWords[mail.tls ?? ''] ?? words.shell.none],
              [w.user, mail.user ?? words.shell.none],
              [w.waiting, String(waiting)],
              [w.gaveUp, gaveUp > 0 ? <Badge tone="warn">{String(gaveUp)}</Badge> : '0'],
              ...(lastError ? [[w.lastError, <code key="error">{lastError}</code>] as const] : []),
            ]}
          />
          <div className="page-acts foot">
            <Button variant="default" onClick={() => test.run()} loading={test.busy}>
              {w.test}
            </Button>
            {sent && (
              <span role="status">
                <Badge tone="good">{w.testSent(sent)}</Badge>
              </span>
            )}
          </div>
        </>
      ) : (
        <p className="soft">{w.mailOffDo}</p>
      )}
    </Card>
  );
}

const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function Recipients({ settings: { kinds } }: { readonly settings: NoticeSettings }): ReactNode {
  const [draft, setDraft] = useState(() => Object.fromEntries(kinds.map(({ kind, recipients }) => [kind, recipients])));
  const save = useAct({ act: () => setRecipients(draft), changes: [NOTICES], say: () => w.saved });
  const changed = kinds.some(({ kind, recipients }) => (draft[kind] ?? []).join() !== recipients.join());
  const wrong = Object.values(draft).some((all) => all.some((one) => !address.test(one)));
  return (
    <Card title={w.recipients}>
      <p className="soft">{w.recipientsLead}</p>
      {save.problem && <ProblemNote problem={save.problem} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <div className="fields fields-wide">
          {kinds.map(({ kind, title }) => (
            <TagsInput
              key={kind}
              label={title}
              placeholder={(draft[kind] ?? []).length === 0 ? w.nobody : undefined}
              value={draft[kind] ?? []}
              onChange={(next) => setDraft({ ...draft, [kind]: next })}
              error={(draft[kind] ?? []).some((one) => !address.test(one)) && w.noAddress}
              splitChars={[',', ' ', ';']}
              maxTags={100}
            />
          ))}
        </div>
        <Button type="submit" loading={save.busy} disabled={!changed || wrong}>
          {w.save}
        </Button>
      </form>
    </Card>
  );
}
