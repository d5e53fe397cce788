import { z } from 'zod';
import { call, Nothing, pageOf } from './client.js';
import { Account, Role } from './session.js';

export const Person = Account.extend({ disabled: z.boolean().nullish(), invited: z.boolean().nullish(), lastSignIn: z.string().nullish() });
export type Person = z.infer<typeof Person>;
export const ApiToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()).default([]),
  createdAt: z.string().nullish(),
  expiresAt: z.string().nullish(),
  lastUsedAt: z.string().nullish(),
});
export type ApiToken = z.infer<typeof ApiToken>;
export const Webhook = z.object({ id: z.string(), url: z.string(), kinds: z.array(z.string()).default([]) });
export type Webhook = z.infer<typeof Webhook>;
const NoticeSettings = z.object({
  mail: z.object({
    configured: z.boolean(),
    from: z.string().nullable(),
    server: z.string().nullish(),
    tls: z.string().nullish(),
    user: z.string().nullish(),
  }),
  kinds: z.array(z.object({ kind: z.string(), title: z.string(), recipients: z.array(z.string()).default([]) })),
  deliveries: z.object({ waiting: z.int(), gaveUp: z.int(), lastError: z.string().nullable() }),
});
export type NoticeSettings = z.infer<typeof NoticeSettings>;
const SignInSettings = z.object({
  sessions: z.object({ idle: z.string(), life: z.string() }),
  publicUrl: z.string().nullable(),
  provider: z
    .object({
      name: z.string(),
      issuer: z.string(),
      clientId: z.string(),
      secret: z.boolean(),
      scopes: z.array(z.string()),
      claim: z.string(),
      rules: z.array(z.object({ value: z.string(), role: Role, sites: z.array(z.string()).default([]) })),
    })
    .nullable(),
});
const Retention = z.object({ items: z.array(z.object({ what: z.string(), kept: z.string() })) });

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly z.infer<typeof Role>[];
  readonly sites: readonly string[];
}

export const listPeople = (signal?: AbortSignal) => call(pageOf(Person), '/accounts', { signal });
export const addPerson = (body: NewPerson) => call(z.object({ inviteLink: z.string() }), '/accounts', { method: 'POST', body });
export const changePerson = (id: string, body: Partial<NewPerson>) => call(Nothing, `/accounts/${id}`, { method: 'PATCH', body });
export const removePerson = (id: string) => call(Nothing, `/accounts/${id}`, { method: 'DELETE' });
export const listTokens = (signal?: AbortSignal) => call(pageOf(ApiToken), '/tokens', { signal });
export const addToken = (body: { name: string; scopes: readonly string[]; days: number }) =>
  call(z.object({ token: z.string() }), '/tokens', { method: 'POST', body });
export const removeToken = (id: string) => call(Nothing, `/tokens/${id}`, { method: 'DELETE' });
export const listWebhooks = (signal?: AbortSignal) => call(pageOf(Webhook), '/settings/webhooks', { signal });
export const addWebhook = (body: { url: string; kinds: readonly string[] }) =>
  call(z.object({ secret: z.string().nullish() }), '/settings/webhooks', { method: 'POST', body });
export const removeWebhook = (id: string) => call(Nothing, `/settings/webhooks/${id}`, { method: 'DELETE' });
export const readNotices = (signal?: AbortSignal) => call(NoticeSettings, '/settings/notices', { signal });
export const setRecipients = (recipients: Readonly<Record<string, readonly string[]>>) =>
  call(NoticeSettings, '/settings/notices', { method: 'PUT', body: { recipients } });
export const sendTestMail = () => call(z.object({ to: z.string() }), '/settings/notices/test', { method: 'POST', body: {} });
export const readSignIn = (signal?: AbortSignal) => call(SignInSettings, '/settings/sign-in', { signal });
export const readRetention = (signal?: AbortSignal) => call(Retention, '/settings/retention', { signal });
