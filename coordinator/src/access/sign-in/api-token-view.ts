import { z } from 'zod';
import { Scope } from '../permission/scope.js';

/** An API token as its owner sees it; the token itself is shown once. */
export const ApiTokenView = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  scopes: z.array(Scope),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export type ApiTokenView = z.infer<typeof ApiTokenView>;

export const NewToken = ApiTokenView.extend({ token: z.string() });
export type NewToken = z.infer<typeof NewToken>;
