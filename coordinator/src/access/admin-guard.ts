import { SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ConsiliumError } from '@consilium/protocol';
import type { AdminToken } from './admin-token.js';

const OPEN = 'consilium:open';

/** Marks what anybody may call: it says nothing about sites, studies or people. */
export const OpenToAnybody = () => SetMetadata(OPEN, true);

interface Request {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  actor?: { readonly id: string; readonly name: string };
}

/** Until accounts exist, everybody who has the token is this. */
const ADMIN = { id: 'admin-token', name: 'admin' } as const;

/** Every route needs the admin token, unless it is marked otherwise. */
export class AdminGuard implements CanActivate {
  readonly #reflector = new Reflector();

  constructor(private readonly token: AdminToken) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.#reflector.getAllAndOverride<boolean | undefined>(OPEN, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const header = request.headers['authorization'];
    const [, token] = /^Bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [];
    if (token !== undefined && this.token.matches(token)) {
      request.actor = ADMIN;
      return true;
    }
    throw new ConsiliumError({
      code: 'UNAUTHENTICATED',
      errorClass: 'forbidden',
      message: token === undefined ? 'This needs the admin token.' : 'The admin token is not the right one.',
      fix: "Send the token from the coordinator's state directory (file admin.token) as a Bearer token; the consilium command takes --token-file.",
    });
  }
}
