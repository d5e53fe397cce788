export { Access, DEFAULT_SESSIONS, type AccessOptions } from './access.js';
export { ADMIN_TOKEN_FILE, AdminToken, MACHINE, openAdminToken } from './admin-token.js';
export { AccessGuard, type GatedRequest } from './gate/access-guard.js';
export { OwnSites, withinReach } from './gate/own-sites.js';
export { DEFAULT_LIMITS, type Limits } from './gate/rate-limits.js';
export { securityHeaders, type WithNonce } from './gate/security-headers.js';
export { ProviderFile, type ProviderConfig } from './oidc/provider-config.js';
export { AccountView, Email, PersonName, Theme } from './people/account-view.js';
export { LONGEST_PASSWORD } from './people/password-rules.js';
export type { PasswordCost } from './people/password-hash.js';
export { Actor } from './permission/actor.js';
export {
  ChangesNothing,
  changesNothing,
  Guessable,
  KeepsToReach,
  OpenToAnybody,
  Permit,
  PermitWhole,
  ruleOf,
  SessionOnly,
  SignedIn,
  type Rule,
} from './permission/permit.js';
export { permissionPage, routesOf, type RouteRule } from './permission/permission-table.js';
export { reaches, type Reach } from './permission/reach.js';
export { Role, ROLES } from './permission/role.js';
export { Scope, scopeOf } from './permission/scope.js';
export { notPermitted, TryLater } from './refusals.js';
export { BROWSER_COOKIE, setBrowserCookie } from './sign-in/known-browser.js';
export { ApiTokenView, NewToken } from './sign-in/api-token-view.js';
export { openSecretBox, SecretBox } from './sign-in/secret-box.js';
export { clearSessionCookie, cookieOf, csrfOf, SESSION_COOKIE, setSessionCookie, type CookieResponse } from './sign-in/session-cookie.js';
