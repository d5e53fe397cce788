import { Button, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { addToken, listTokens, removeToken, type ApiToken } from '../../api/settings.js';
import { CommandLine } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import type { Column } from '../../parts/table-rows.js';
import { Ago, Instant } from '../../parts/time.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { tokens: w } = words.settings;
const TOKENS = ['tokens'] as const;

export function Tokens(): ReactNode {
  const tokens = useQuery({ queryKey: TOKENS, queryFn: ({ signal }) => listTokens(signal) });
  const remove = useAct<ApiToken>({ act: ({ id }) => removeToken(id), changes: [TOKENS], say: ({ name }) => w.revoked(name) });
  return (
    <>
      <Card title={w.add}>
        <Add />
      </Card>
      <Card tight>
        {remove.problem && <ProblemNote problem={remove.problem} />}
        <Answer of={tokens}>
          {({ items }) => (
            <DataTable
              name={words.settings.tabs.tokens}
              title={words.settings.tabs.tokens}
              rows={items}
              columns={columns((token) => remove.run(token))}
              rowKey={({ id }) => id}
              empty={<Empty title={w.empty}>{w.emptyDo}</Empty>}
            />
          )}
        </Answer>
      </Card>
    </>
  );
}

function Add(): ReactNode {
  const [name, setName] = useState('');
  const [days, setDays] = useState(30);
  const [scope, setScope] = useState('*:read');
  const [token, setToken] = useState<string>();
  const make = useAct<void, { token: string }>({
    act: () => addToken({ name, scopes: [scope], days }),
    changes: [TOKENS],
    done: (made) => setToken(made.token),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.run();
      }}
    >
      {make.problem && <ProblemNote problem={make.problem} />}
      <div className="fields">
        <TextInput label={w.name} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NativeSelect
          label={w.scopes}
          value={scope}
          onChange={(event) => setScope(event.currentTarget.value)}
          data={Object.entries(w.scopeChoices).map(([value, label]) => ({ value, label }))}
        />
        <NumberInput label={w.days} required min={1} max={90} value={days} onChange={(next) => setDays(Number(next))} />
      </div>
      <Button type="submit" loading={make.busy}>
        {w.make}
      </Button>
      {token && (
        <div role="status">
          <p>{w.once}</p>
          <CommandLine>{token}</CommandLine>
        </div>
      )}
    </form>
  );
}

const columns = (remove: (token: ApiToken) => void): readonly Column<ApiToken>[] => [
  { id: 'name', head: w.heads.name, value: ({ name }) => name },
  { id: 'scopes', head: w.heads.scopes, wide: true, value: ({ scopes }) => scopes.join(', ') || null },
  {
    id: 'ends',
    head: w.heads.ends,
    value: ({ expiresAt }) => expiresAt ?? null,
    cell: ({ expiresAt }) => <Instant at={expiresAt} precision="day" />,
  },
  { id: 'used', head: w.heads.used, value: ({ lastUsedAt }) => lastUsedAt ?? null, cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} /> },
  {
    id: 'act',
    head: w.heads.act,
    fixed: true,
    value: () => null,
    cell: (token) => (
      <Button size="compact-xs" variant="default" onClick={() => remove(token)} aria-label={w.revokeLabel(token.name)}>
        {w.revoke}
      </Button>
    ),
  },
];
