import { useQuery } from '@tanstack/react-query';
import { createContext, use, type ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { ApiProblem, asProblem } from '../api/problem.js';
import { readSession, type Account, type Role } from '../api/session.js';
import { ProblemNote } from '../parts/problem-note.js';
import { Answer } from '../parts/page.js';

const AccountContext = createContext<Account | undefined>(undefined);
export const SESSION = ['session'] as const;

/** Only for people who are signed in; everybody else is asked to, and comes back to where they wanted to go. */
export function SignedIn({ children }: { readonly children: ReactNode }): ReactNode {
  const { pathname, search } = useLocation();
  const session = useQuery({
    queryKey: SESSION,
    queryFn: readSession,
    retry: (count, error) => !(error instanceof ApiProblem) && count < 3,
  });
  const { error } = session;
  if (error instanceof ApiProblem && error.problem.status === 401)
    return <Navigate to={`/sign-in?return=${encodeURIComponent(pathname + search)}`} replace />;
  if (error && !session.data)
    return (
      <main className="lone">
        <ProblemNote problem={asProblem(error)} retry={() => void session.refetch()} />
      </main>
    );
  return <Answer of={session}>{(account) => <AccountContext value={account}>{children}</AccountContext>}</Answer>;
}

export function useAccount(): Account {
  const account = use(AccountContext);
  if (!account) throw new Error('outside SignedIn');
  return account;
}

/** Whether the person has one of the roles. It only spares them what the coordinator would refuse; the coordinator decides. */
export function useMay(...roles: readonly Role[]): boolean {
  return useAccount().roles.some((role) => roles.includes(role));
}
