import { Button, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { confirmTotp, endTotp, startTotp } from '../../api/session.js';
import { Badge } from '../../parts/badge.js';
import { Copy } from '../../parts/copy.js';
import { Card, Facts } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { SESSION, useAccount } from '../../shell/who.js';
import { words } from '../../words/index.js';

const { me: w } = words.settings;

export function Me(): ReactNode {
  const { name, email, roles, sites } = useAccount();
  return (
    <>
      <Card title={name}>
        <Facts
          of={[
            [w.email, email || words.shell.none],
            [w.roles, roles.map((role) => words.shell.roles[role]).join(', ')],
            [w.sites, sites.join(', ') || words.settings.people.every],
          ]}
        />
      </Card>
      <Totp />
    </>
  );
}

/** The second factor: a secret to enter in an authenticator, a code to prove it, recovery codes once. */
function Totp(): ReactNode {
  const { totp } = useAccount();
  const [secret, setSecret] = useState<{ readonly secret: string; readonly uri: string }>();
  const [code, setCode] = useState('');
  const [recovery, setRecovery] = useState<readonly string[]>([]);
  const start = useAct<void, { secret: string; uri: string }>({ act: startTotp, changes: [], done: setSecret });
  const confirm = useAct<void, { recoveryCodes: string[] }>({
    act: () => confirmTotp(code),
    changes: [SESSION],
    done: ({ recoveryCodes }) => {
      setRecovery(recoveryCodes);
      setSecret(undefined);
    },
  });
  const end = useAct({ act: () => endTotp(code), changes: [SESSION], say: () => w.ended });
  const problem = start.problem ?? confirm.problem ?? end.problem;
  return (
    <Card title={w.totp} side={<Badge tone={totp ? 'good' : 'quiet'}>{totp ? words.settings.people.yes : words.settings.people.no}</Badge>}>
      {problem && <ProblemNote problem={problem} />}
      <p className="soft">{totp ? w.on : w.off}</p>
      {recovery.length > 0 && (
        <>
          <h3>{w.recovery}</h3>
          <p>{w.recoveryLead}</p>
          <ul className="list-plain">
            {recovery.map((one) => (
              <li key={one}>
                <code>{one}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {secret ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            confirm.run();
          }}
        >
          <p>{w.scan}</p>
          <p>
            {w.secret}: <code className="words">{secret.secret}</code> <Copy value={secret.secret} /> · <a href={secret.uri}>{w.link}</a>
          </p>
          <TextInput
            label={w.code}
            autoComplete="one-time-code"
            inputMode="numeric"
            maw={200}
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" loading={confirm.busy}>
            {w.confirm}
          </Button>
        </form>
      ) : totp ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            end.run();
          }}
        >
          <TextInput
            label={w.endCode}
            autoComplete="one-time-code"
            required
            maw={320}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={end.busy} disabled={code.trim() === ''}>
            {w.end}
          </Button>
        </form>
      ) : (
        <Button onClick={() => start.run()} loading={start.busy}>
          {w.start}
        </Button>
      )}
    </Card>
  );
}
