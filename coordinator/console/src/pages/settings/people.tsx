import { Button, Checkbox, Group, Modal, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ROLES, type Role } from '../../api/session.js';
import { addPerson, listPeople, removePerson, type Person } from '../../api/settings.js';
import { Badge } from '../../parts/badge.js';
import { Confirm } from '../../parts/confirm.js';
import { CommandLine } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import type { Column } from '../../parts/table-rows.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';

const { people: w } = words.settings;
const PEOPLE = ['accounts'] as const;

export function People(): ReactNode {
  const people = useQuery({ queryKey: PEOPLE, queryFn: ({ signal }) => listPeople(signal) });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Person>();
  const remove = useAct<Person>({
    act: ({ id }) => removePerson(id),
    changes: [PEOPLE],
    say: ({ name }) => w.removed(name),
    done: () => setRemoving(undefined),
  });
  const add = (
    <Button size="xs" onClick={() => setAdding(true)}>
      {w.add}
    </Button>
  );
  return (
    <Card tight>
      <Answer of={people}>
        {({ items }) => (
          <DataTable
            name={words.settings.tabs.people}
            title={words.settings.tabs.people}
            acts={add}
            rows={items}
            columns={columns(setRemoving)}
            rowKey={({ id }) => id}
            empty={<Empty title={w.empty}>{w.emptyDo}</Empty>}
          />
        )}
      </Answer>
      {adding && <Add onClose={() => setAdding(false)} />}
      {removing && (
        <Confirm
          opened
          onClose={() => setRemoving(undefined)}
          title={w.removeTitle(removing.name)}
          confirm={w.remove}
          danger
          type={removing.name}
          busy={remove.busy}
          problem={remove.problem}
          onConfirm={() => remove.run(removing)}
        >
          <p>{w.removeBody}</p>
        </Confirm>
      )}
    </Card>
  );
}

function Add({ onClose }: { onClose(): void }): ReactNode {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<Role[]>(['researcher']);
  const [sites, setSites] = useState('');
  const [link, setLink] = useState<string>();
  const invite = useAct<void, { inviteLink: string }>({
    act: () => addPerson({ name, email, roles, sites: sites.split(/[\s,]+/).filter(Boolean) }),
    changes: [PEOPLE],
    done: ({ inviteLink }) => setLink(inviteLink),
  });
  return (
    <Modal opened onClose={onClose} title={link ? w.link : w.add} centered>
      {link ? (
        <>
          <p>{w.linkLead}</p>
          <CommandLine>{new URL(link, location.origin).href}</CommandLine>
        </>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            invite.run();
          }}
        >
          {invite.problem && <ProblemNote problem={invite.problem} />}
          <TextInput label={w.name} required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput label={w.email} type="email" required value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <Checkbox.Group label={w.roles} value={roles} onChange={(next) => setRoles(next as Role[])}>
            <Group gap="sm" mt={4}>
              {ROLES.map((role) => (
                <Checkbox key={role} value={role} label={words.shell.roles[role]} />
              ))}
            </Group>
          </Checkbox.Group>
          <TextInput label={w.sites} value={sites} onChange={(event) => setSites(event.currentTarget.value)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={invite.busy} disabled={roles.length === 0}>
              {w.invite}
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}

const columns = (remove: (person: Person) => void): readonly Column<Person>[] => [
  { id: 'name', head: w.heads.name, value: ({ name }) => name },
  { id: 'email', head: w.heads.email, value: ({ email }) => email },
  { id: 'roles', head: w.heads.roles, value: ({ roles }) => roles.map((role) => words.shell.roles[role]).join(', ') },
  { id: 'sites', head: w.heads.sites, value: ({ sites }) => sites.join(', ') || w.every },
  {
    id: 'totp',
    head: w.heads.totp,
    value: ({ totp }) => (totp ? w.yes : w.no),
    cell: ({ totp }) => <Badge tone={totp ? 'good' : 'quiet'}>{totp ? w.yes : w.no}</Badge>,
  },
  {
    id: 'act',
    head: w.heads.act,
    fixed: true,
    value: () => null,
    cell: (person) => (
      <Button size="compact-xs" variant="default" onClick={() => remove(person)} aria-label={w.removeLabel(person.name)}>
        {w.remove}
      </Button>
    ),
  },
];
