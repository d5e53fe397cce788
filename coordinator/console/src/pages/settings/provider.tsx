import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { readSignIn } from '../../api/settings.js';
import { Badge } from '../../parts/badge.js';
import { CommandLine } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Facts } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import { words } from '../../words/index.js';

const { signIn: w } = words.settings;
type Rule = NonNullable<Awaited<ReturnType<typeof readSignIn>>['provider']>['rules'][number];

/** How people sign in, as the coordinator's file says it: read here, changed there. */
export function SignInSettings(): ReactNode {
  const settings = useQuery({ queryKey: ['sign-in'], queryFn: ({ signal }) => readSignIn(signal) });
  return (
    <Answer of={settings}>
      {({ provider, sessions, publicUrl }) => (
        <>
          <Card title={w.provider} side={<Badge tone={provider ? 'good' : 'quiet'}>{provider ? w.on : w.off}</Badge>}>
            <p className="soft">{provider ? w.lead : w.offDo}</p>
            {provider && (
              <Facts
                of={[
                  [w.name, provider.name],
                  [w.issuer, provider.issuer],
                  [w.client, provider.clientId],
                  [w.secret, provider.secret ? w.secretFile : w.secretNone],
                  [w.scopes, provider.scopes.join(' ')],
                  [w.claim, provider.claim],
                ]}
              />
            )}
            {provider && (
              <p className="foot">
                {w.callback} <CommandLine>{`${publicUrl ?? location.origin}/api/v1/session/oidc/callback`}</CommandLine>
              </p>
            )}
          </Card>
          {provider && (
            <Card tight>
              <DataTable
                name={w.rules}
                title={w.rules}
                rows={provider.rules}
                columns={COLUMNS}
                rowKey={({ value, role, sites }) => [value, role, ...sites].join(' ')}
                empty={null}
              />
            </Card>
          )}
          <Card title={w.sessions}>
            <Facts
              of={[
                [w.idle, sessions.idle],
                [w.life, sessions.life],
              ]}
            />
          </Card>
        </>
      )}
    </Answer>
  );
}

const COLUMNS: readonly Column<Rule>[] = [
  { id: 'value', head: w.heads.value, value: ({ value }) => value, cell: ({ value }) => <code>{value}</code> },
  { id: 'role', head: w.heads.role, value: ({ role }) => words.shell.roles[role] },
  { id: 'sites', head: w.heads.sites, wide: true, value: ({ sites }) => sites.join(', ') || words.settings.people.every },
];
