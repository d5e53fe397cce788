import { Button, Menu } from '@mantine/core';
import IconCheck from '@tabler/icons-react/icons/IconCheck';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { readInbox, snooze, type InboxItem } from '../../api/office.js';
import { Badge, type BadgeTone } from '../../parts/badge.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import { Ago } from '../../parts/time.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { inbox: w } = words.office;
const URGENT = ['bad', 'error', 'critical', 'high'];
const SOON = ['warn', 'warning', 'medium'];
const toneOf = (severity: string): BadgeTone => (URGENT.includes(severity) ? 'bad' : SOON.includes(severity) ? 'warn' : 'quiet');
const DAYS = [1, 7, 30] as const;

export function Component(): ReactNode {
  const inbox = useQuery({ queryKey: ['inbox'], queryFn: ({ signal }) => readInbox(signal) });
  return (
    <Page title={w.title} lead={w.lead}>
      <Answer of={inbox}>
        {({ items, done }) => (
          <>
            <Card tight>
              {items.length === 0 ? (
                <Empty title={w.empty}>{w.emptyDo}</Empty>
              ) : (
                <ul className="list-plain">
                  {items.map((item) => (
                    <Waiting key={item.id} item={item} />
                  ))}
                </ul>
              )}
            </Card>
            {done.length > 0 && (
              <Card title={w.done}>
                <ul className="list-plain lines">
                  {done.map(({ id, title, at, link }) => (
                    <li key={id}>
                      <IconCheck size={14} aria-hidden className="good-icon" />
                      {link ? <Link to={inside(link)}>{title}</Link> : title}
                      <span className="soft">
                        <Ago at={at} />
                      </span>
                    </li>
                  ))}
                </ul>
              </Card>
            )}
          </>
        )}
      </Answer>
    </Page>
  );
}

/** A link of the API as a path of this console. */
const inside = (link: string): string => link.replace(/^https?:\/\/[^/]+/, '') || '/inbox';

function Waiting({ item: { id, title, since, link, severity, whoCanAct } }: { readonly item: InboxItem }): ReactNode {
  const sleep = useAct<number>({ act: (days) => snooze(id, days), changes: [['inbox']] });
  return (
    <li className="inbox-item">
      <Badge tone={toneOf(severity)}>{w.severities[severity] ?? severity}</Badge>
      <div>
        <p>
          <strong>{title}</strong>
        </p>
        <p className="soft">
          {whoCanAct && `${words.shell.whoCanAct}: ${whoCanAct} · `}
          <Ago at={since} />
        </p>
      </div>
      <div className="page-acts">
        {link && (
          <Button component={Link} to={inside(link)} size="xs" variant="default">
            {w.open}
          </Button>
        )}
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="subtle" color="gray" aria-label={w.snoozeFor(title)} loading={sleep.busy} className="quiet-button">
              {w.snooze}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {DAYS.map((days) => (
              <Menu.Item key={days} onClick={() => sleep.run(days)}>
                {w.days[days]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
    </li>
  );
}
