import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { addWebhook, listWebhooks, readNotices, removeWebhook, type Webhook } from '../../api/settings.js';
import { CommandLine } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import type { Column } from '../../parts/table-rows.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { webhooks: w } = words.settings;
const WEBHOOKS = ['webhooks'] as const;

export function Webhooks(): ReactNode {
  const webhooks = useQuery({ queryKey: WEBHOOKS, queryFn: ({ signal }) => listWebhooks(signal) });
  const notices = useQuery({ queryKey: ['notices'], queryFn: ({ signal }) => readNotices(signal) });
  const [url, setUrl] = useState('');
  const [kinds, setKinds] = useState<string[]>([]);
  const [secret, setSecret] = useState<string>();
  const add = useAct<void, { secret?: string | null | undefined }>({
    act: () => addWebhook({ url, kinds }),
    changes: [WEBHOOKS],
    done: (made) => {
      setSecret(made.secret ?? undefined);
      setUrl('');
    },
  });
  const remove = useAct<Webhook>({ act: ({ id }) => removeWebhook(id), changes: [WEBHOOKS], say: () => w.removed });
  return (
    <>
      <Card title={w.add}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            add.run();
          }}
        >
          {add.problem && <ProblemNote problem={add.problem} />}
          <div className="fields">
            <TextInput
              className="whole"
              label={w.url}
              type="url"
              required
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
          </div>
          <Checkbox.Group label={w.kinds} value={kinds} onChange={setKinds} mb="sm">
            <Group gap="xs" mt={4}>
              {(notices.data?.kinds ?? []).map(({ kind, title }) => (
                <Checkbox key={kind} size="xs" value={kind} label={title} />
              ))}
            </Group>
          </Checkbox.Group>
          <Button type="submit" loading={add.busy} disabled={kinds.length === 0}>
            {w.make}
          </Button>
          {secret && (
            <div role="status">
              <p>{w.secretLead}</p>
              <CommandLine>{secret}</CommandLine>
            </div>
          )}
        </form>
      </Card>
      <Card tight>
        {remove.problem && <ProblemNote problem={remove.problem} />}
        <Answer of={webhooks}>
          {({ items }) => (
            <DataTable
              name={words.settings.tabs.webhooks}
              title={words.settings.tabs.webhooks}
              rows={items}
              columns={columns((webhook) => remove.run(webhook))}
              rowKey={({ id }) => id}
              empty={<Empty title={w.empty}>{w.emptyDo}</Empty>}
            />
          )}
        </Answer>
      </Card>
    </>
  );
}

const columns = (remove: (webhook: Webhook) => void): readonly Column<Webhook>[] => [
  { id: 'url', head: w.heads.url, wide: true, value: ({ url }) => url },
  { id: 'kinds', head: w.heads.kinds, wide: true, value: ({ kinds }) => kinds.join(', ') || null },
  {
    id: 'act',
    head: w.heads.act,
    fixed: true,
    value: () => null,
    cell: (webhook) => (
      <Button size="compact-xs" variant="default" onClick={() => remove(webhook)} aria-label={w.removeLabel(webhook.url)}>
        {w.remove}
      </Button>
    ),
  },
];
