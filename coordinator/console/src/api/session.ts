import { z } from 'zod';
import { call, Nothing, send, setCsrf } from './client.js';

export const ROLES = ['researcher', 'site-it', 'compliance', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

export const Account = z.object({
  id: z.string(),
  email: z.string().default(''),
  name: z.string(),
  roles: z.array(Role),
  sites: z.array(z.string()).default([]),
  totp: z.boolean().default(false),
});
export type Account = z.infer<typeof Account>;

const Session = z.object({ account: Account, csrf: z.string().nullable() });
const AuthMethods = z.object({ password: z.boolean().default(true), oidc: z.object({ name: z.string() }).nullable().default(null) });

export async function readSession(): Promise<Account> {
  const { account, csrf } = await call(Session, '/session');
  setCsrf(csrf ?? undefined);
  return account;
}

export async function signIn(credentials: { email: string; password: string; totp?: string }): Promise<Account> {
  await send('/session', { method: 'POST', body: credentials });
  return readSession();
}

export async function signOut(): Promise<void> {
  await send('/session', { method: 'DELETE' });
  setCsrf(undefined);
}

export const authMethods = () => call(AuthMethods, '/auth-methods');
export const setupOpen = () => call(z.object({ open: z.boolean() }), '/setup');
export const setUp = (body: { token: string; email: string; name: string; password: string }) =>
  call(Nothing, '/setup', { method: 'POST', body });
export const welcome = (body: { token: string; password: string }) => call(Nothing, '/welcome', { method: 'POST', body });
export const oidcStart = (back: string) => `/api/v1/session/oidc/start?return=${encodeURIComponent(back)}`;

export const startTotp = () => call(z.object({ secret: z.string(), uri: z.string() }), '/session/totp', { method: 'POST', body: {} });
export const confirmTotp = (code: string) =>
  call(z.object({ recoveryCodes: z.array(z.string()) }), '/session/totp/confirm', { method: 'POST', body: { code } });
/** @param code - of the second factor, or a recovery code */
export const endTotp = (code: string) => call(Nothing, '/session/totp', { method: 'DELETE', body: { code } });
