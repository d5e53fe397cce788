import { Anchor, Button, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import { setUp, setupOpen } from '../../api/session.js';
import { Answer } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';
import { Gate } from './gate.js';
import { linkToken, useNewPassword } from './new-password.js';

/** The first administrator, by the link that the coordinator printed when it started. */
export function Component(): ReactNode {
  const open = useQuery({ queryKey: ['setup'], queryFn: setupOpen });
  return (
    <Gate title={words.access.setupTitle} lead={words.access.setupLead}>
      <Answer of={open}>{(setup) => (setup.open ? <Form /> : <Closed said={words.access.setupClosed} />)}</Answer>
    </Gate>
  );
}

function Closed({ said }: { readonly said: string }): ReactNode {
  return (
    <>
      <p>{said}</p>
      <Anchor component={Link} to="/sign-in">
        {words.access.toSignIn}
      </Anchor>
    </>
  );
}

function Form(): ReactNode {
  const token = linkToken();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const { password, fields } = useNewPassword();
  const make = useAct({ act: setUp, changes: [['setup']], done: () => void navigate('/sign-in') });
  if (token === undefined) return <Closed said={words.access.setupNoToken} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (password !== undefined) make.run({ token, email, name, password });
      }}
    >
      <Stack gap="sm">
        {make.problem && <ProblemNote problem={make.problem} />}
        <TextInput
          label={words.access.name}
          autoComplete="name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={words.access.email}
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {fields}
        <Button type="submit" loading={make.busy} disabled={password === undefined}>
          {words.access.create}
        </Button>
      </Stack>
    </form>
  );
}
