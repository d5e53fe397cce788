import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { Role } from '../permission/role.js';

/** What a value of the claim gives. */
const RoleRule = z.strictObject({
  /** As the provider says it: a group, an entitlement. */
  value: z.string().min(1).max(256),
  role: Role,
  /** Binds `site-it` and `compliance` to sites. */
  sites: z.array(SiteName).default([]),
});
export type RoleRule = z.infer<typeof RoleRule>;

/** `oidc` of coordinator.yaml: people sign in at an OpenID provider of the consortium or of a hospital. */
export const ProviderFile = z.strictObject({
  /** On the button. */
  name: z.string().min(1).max(60),
  issuer: z
    .url()
    .refine((text) => text.startsWith('https://') || /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(`${text}/`), 'an https address'),
  clientId: z.string().min(1).max(256),
  /** Mode 0600. Without it the coordinator is a public client; PKCE is always used. */
  clientSecretFile: z.string().min(1).optional(),
  scopes: z.array(z.string().min(1).max(60)).default(['openid', 'email', 'profile']),
  roles: z.strictObject({
    /** A claim of the ID token or of userinfo that holds a text or a list of texts. */
    claim: z.string().min(1).max(120).default('groups'),
    rules: z.array(RoleRule).min(1),
  }),
});
export type ProviderFile = z.infer<typeof ProviderFile>;

export interface ProviderConfig extends Omit<ProviderFile, 'clientSecretFile'> {
  /** A secret. */
  readonly clientSecret: string | undefined;
}
