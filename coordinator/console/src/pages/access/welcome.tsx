import { Button, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { welcome } from '../../api/session.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';
import { Gate } from './gate.js';
import { linkToken, useNewPassword } from './new-password.js';

/** Somebody who was invited chooses a password. */
export function Component(): ReactNode {
  const token = linkToken();
  const navigate = useNavigate();
  const { password, fields } = useNewPassword();
  const make = useAct({ act: welcome, changes: [], done: () => void navigate('/sign-in') });
  return (
    <Gate title={words.access.welcomeTitle} lead={words.access.welcomeLead}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (password !== undefined && token !== undefined) make.run({ token, password });
        }}
      >
        <Stack gap="sm">
          {make.problem && <ProblemNote problem={make.problem} />}
          {token === undefined && <p>{words.access.setupNoToken}</p>}
          {fields}
          <Button type="submit" loading={make.busy} disabled={password === undefined || token === undefined}>
            {words.access.create}
          </Button>
        </Stack>
      </form>
    </Gate>
  );
}
