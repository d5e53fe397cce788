import { PasswordInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { words } from '../../words/index.js';

const SHORTEST = 12;

/** A password chosen twice. @returns it, once it is long enough and both are the same */
export function useNewPassword(): { readonly password: string | undefined; readonly fields: ReactNode } {
  const [first, setFirst] = useState('');
  const [again, setAgain] = useState('');
  const short = first !== '' && first.length < SHORTEST;
  const differs = again !== '' && again !== first;
  return {
    password: first.length >= SHORTEST && again === first ? first : undefined,
    fields: (
      <>
        <PasswordInput
          label={words.access.newPassword}
          autoComplete="new-password"
          required
          value={first}
          error={short && words.access.tooShort}
          onChange={(event) => setFirst(event.currentTarget.value)}
        />
        <PasswordInput
          label={words.access.again}
          autoComplete="new-password"
          required
          value={again}
          error={differs && words.access.differs}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
      </>
    ),
  };
}

/** The token of a one-time link stands behind `#`, which no server and no log sees. */
export const linkToken = (): string | undefined => new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
