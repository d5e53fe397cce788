import { SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { AccountView, Email, PersonName, Theme } from '../access/people/account-view.js';
import { LONGEST_PASSWORD } from '../access/people/password-rules.js';
import { Role } from '../access/permission/role.js';
import { Scope } from '../access/permission/scope.js';

const secret = z.string().min(1).max(200);
const password = z.string().min(1).max(LONGEST_PASSWORD);
const code = z.string().min(1).max(40);

/** One's own account. */
export const OwnAccountView = AccountView.pick({ id: true, email: true, name: true, roles: true, sites: true, totp: true }).extend({
  theme: Theme.optional(),
});
export type OwnAccountView = z.infer<typeof OwnAccountView>;

export const SessionView = z.object({
  account: OwnAccountView,
  /** To send back as X-Consilium-Csrf with every change; null where no cookie is used. */
  csrf: z.string().nullable(),
});
export type SessionView = z.infer<typeof SessionView>;

export const SignInForm = z.strictObject({ email: Email, password, totp: code.optional() });
export const ProfileForm = z.strictObject({ name: PersonName.optional(), theme: Theme.optional() });
export const PasswordForm = z.strictObject({ current: password, next: password });
export const CodeForm = z.strictObject({ code });
export const MaybeCodeForm = z.strictObject({ code: code.optional() }).prefault({});
export const TotpView = z.object({ secret: z.string(), uri: z.string() });
export const RecoveryView = z.object({ recoveryCodes: z.array(z.string()) });

export const SetupForm = z.strictObject({ token: secret, email: Email, name: PersonName, password });
export const WelcomeForm = z.strictObject({ token: secret, password });
export const SetupView = z.object({ open: z.boolean() });
export const AuthMethodsView = z.object({ password: z.literal(true), oidc: z.object({ name: z.string() }).nullable() });
export type AuthMethodsView = z.infer<typeof AuthMethodsView>;

export const AccountAnswer = z.object({ account: AccountView });
export const InvitedAnswer = z.object({ account: AccountView, inviteLink: z.string() });
export type InvitedAnswer = z.infer<typeof InvitedAnswer>;

const roles = z.array(Role).min(1).max(4);
const sites = z.array(SiteName).max(500);
export const AccountForm = z.strictObject({ email: Email, name: PersonName, roles, sites: sites.default([]) });
export const AccountPatch = z.strictObject({ name: PersonName.optional(), roles: roles.optional(), sites: sites.optional() });
export const AccountId = z.uuid();

export const TokenForm = z.strictObject({
  name: PersonName,
  scopes: z.array(Scope).min(1).max(40),
  /** Days until it ends. */
  days: z.int().min(1).max(90),
});
