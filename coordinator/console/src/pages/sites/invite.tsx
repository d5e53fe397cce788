import { Button, Group, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { invite } from '../../api/sites.js';
import { CommandLine } from '../../parts/copy.js';
import { download } from '../../parts/download.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { Instant } from '../../parts/time.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { sites: w } = words;
type Made = Awaited<ReturnType<typeof invite>>;

/** A one-time token for a site, shown once. */
export function Invite({ onClose }: { onClose(): void }): ReactNode {
  const [name, setName] = useState('');
  const [expires, setExpires] = useState('24h');
  const [made, setMade] = useState<Made>();
  const making = useAct<void, Made>({ act: () => invite(name.trim(), expires), changes: [['sites']], done: setMade });
  return (
    <Modal opened onClose={onClose} title={made ? w.inviteDone(made.site) : w.inviteTitle} centered size="lg">
      {made ? (
        <Token made={made} />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            making.run();
          }}
        >
          <p>{w.inviteLead}</p>
          {making.problem && <ProblemNote problem={making.problem} />}
          <div className="fields">
            <TextInput
              label={w.inviteName}
              description={w.inviteNameHint}
              required
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <NativeSelect
              label={w.inviteFor}
              value={expires}
              onChange={(event) => setExpires(event.currentTarget.value)}
              data={Object.entries(w.inviteDurations).map(([value, label]) => ({ value, label }))}
            />
          </div>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={making.busy}>
              {w.inviteMake}
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}

function Token({ made }: { readonly made: Made }): ReactNode {
  return (
    <div className="stack">
      <p>{w.inviteOnce}</p>
      <CommandLine>{made.token}</CommandLine>
      <p className="soft">
        {w.inviteExpires} <Instant at={made.expiresAt} />
      </p>
      <Button size="xs" variant="default" onClick={() => download(`${made.site}.token.txt`, made.token)}>
        {words.ledgers.download}
      </Button>
      <p>{w.inviteSteps}</p>
      <ol>
        {w.inviteCommands.map((command) => (
          <li key={command}>
            <CommandLine>{command}</CommandLine>
          </li>
        ))}
      </ol>
    </div>
  );
}
