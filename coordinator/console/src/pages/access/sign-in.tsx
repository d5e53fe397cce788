import { Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { asProblem, type Problem } from '../../api/problem.js';
import { authMethods, oidcStart, signIn } from '../../api/session.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { SESSION } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { Gate } from './gate.js';

/** Only a path of this console: never a way to somewhere else. */
const inside = (path: string | null): string => (path && /^\/(?![/\\])/.test(path) ? path : '/inbox');

/** Why signing in at the provider led back here (the code stands in the address), and what to do. */
function atProvider(code: string, name = words.access.provider): Problem {
  const known = words.access.provided[code];
  const [detail, fix] = known ? known(name) : words.access.providedOther(name);
  return { status: 0, code: /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'PROVIDER_REFUSED', detail, fix, errors: [] };
}

export function Component(): ReactNode {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const methods = useQuery({ queryKey: ['auth-methods'], queryFn: authMethods });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [totp, setTotp] = useState('');
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const back = inside(search.get('return'));
  const refused = search.get('error');
  const oidc = methods.data?.oidc;
  const { access } = words;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      queries.setQueryData(SESSION, await signIn({ email, password, ...(totp === '' ? {} : { totp }) }));
      await navigate(back, { replace: true });
    } catch (error) {
      const said = asProblem(error);
      if (said.code === 'TOTP_NEEDED') setAsked(true);
      if (said.code !== 'TOTP_NEEDED' || asked) setProblem(said);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Gate title={access.title} lead={access.lead}>
      {problem ? <ProblemNote problem={problem} /> : refused && <ProblemNote problem={atProvider(refused, oidc?.name)} />}
      {methods.data?.password !== false && (
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="sm">
            <TextInput
              label={access.email}
              type="email"
              withAsterisk={false}
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label={access.password}
              autoComplete="current-password"
              withAsterisk={false}
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            {asked && (
              <TextInput
                label={access.code}
                description={access.codeHint}
                autoComplete="one-time-code"
                required
                value={totp}
                onChange={(event) => setTotp(event.currentTarget.value)}
              />
            )}
            <Button type="submit" loading={busy} fullWidth>
              {access.submit}
            </Button>
          </Stack>
        </form>
      )}
      {oidc && (
        <>
          <Divider my="md" label={access.or} />
          <Button component="a" href={oidcStart(back)} variant="default" fullWidth>
            {access.oidc(oidc.name)}
          </Button>
        </>
      )}
    </Gate>
  );
}
