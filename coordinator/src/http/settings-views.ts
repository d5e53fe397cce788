import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { Role } from '../access/index.js';
import type { CoordinatorConfig, SmtpConfig } from '../config/index.js';
import { NoticeKind } from '../notices/index.js';

export const Recipients = z.strictObject({
  recipients: z.partialRecord(NoticeKind, z.array(z.email().max(320)).max(100)),
});

/** Who is told of what by e-mail, and whether it arrives. */
export const NoticeSettings = z.object({
  /** How e-mail leaves, as coordinator.yaml says it, without the password. */
  mail: z.object({
    configured: z.boolean(),
    from: z.string().nullable(),
    server: z.string().nullable(),
    tls: z.enum(['starttls', 'implicit', 'none']).nullable(),
    user: z.string().nullable(),
  }),
  kinds: z.array(z.object({ kind: NoticeKind, title: z.string(), recipients: z.array(z.string()) })),
  deliveries: z.object({ waiting: z.int(), gaveUp: z.int(), lastError: z.string().nullable() }),
});
export type NoticeSettings = z.infer<typeof NoticeSettings>;

export const TestMail = z.object({ to: z.string() });
export type TestMail = z.infer<typeof TestMail>;

export const SignInSettings = z.object({
  sessions: z.object({ idle: z.string(), life: z.string() }),
  publicUrl: z.string().nullable(),
  provider: z
    .object({
      name: z.string(),
      issuer: z.string(),
      clientId: z.string(),
      /** Whether there is one; never what it is. */
      secret: z.boolean(),
      scopes: z.array(z.string()),
      claim: z.string(),
      rules: z.array(z.object({ value: z.string(), role: Role, sites: z.array(SiteName) })),
    })
    .nullable(),
});
export type SignInSettings = z.infer<typeof SignInSettings>;

/** How e-mail leaves. Never the password, nor where it lies. */
export const mailView = (smtp: SmtpConfig | undefined): NoticeSettings['mail'] => ({
  configured: smtp !== undefined,
  from: smtp?.from ?? null,
  server: smtp ? `${smtp.host}:${smtp.port}` : null,
  tls: smtp?.tls ?? null,
  user: smtp?.user ?? null,
});

/** How people sign in. Of the provider's secret it says whether there is one. */
export function signInSettings({ oidc, sessions, http }: CoordinatorConfig): SignInSettings {
  const common = {
    sessions: { idle: sessions?.idle ?? '1h', life: sessions?.life ?? '12h' },
    publicUrl: http.publicUrl ?? null,
  };
  if (oidc === undefined) return { ...common, provider: null };
  const { name, issuer, clientId, clientSecret, scopes, roles } = oidc;
  const rules = roles.rules.map(({ value, role, sites }) => ({ value, role, sites: [...sites] }));
  return {
    ...common,
    provider: { name, issuer, clientId, secret: clientSecret !== undefined, scopes: [...scopes], claim: roles.claim, rules },
  };
}
