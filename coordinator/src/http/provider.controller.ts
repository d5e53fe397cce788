import { Controller, Get, Inject, Query, Redirect, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import { Access, cookieOf, Guessable, SESSION_COOKIE, setSessionCookie, type CookieResponse, type GatedRequest } from '../access/index.js';
import type { ProviderSignIn } from '../access/oidc/provider-sign-in.js';
import { AuditedInside, Change, TheChange } from '../audit/index.js';
import { toConsiliumError } from './problem.js';
import { isSecure } from './session.controller.js';

const FLOW_COOKIE = 'consilium_flow';
const FLOW_MS = 10 * 60_000;
const PATH = '/api/v1/session/oidc';

const Start = z.object({ return: z.string().max(512).default('/') });

interface Request extends GatedRequest {
  readonly secure?: boolean;
  readonly originalUrl: string;
}

interface Elsewhere {
  readonly url: string;
  readonly statusCode: 302;
}

/** A person looks at this answer, so the page for signing in says what it was. */
const signInPage = ({ code }: ConsiliumError): Elsewhere => ({ url: `/sign-in?error=${code}`, statusCode: 302 });

/** Sign-in at the consortium's OpenID provider: browsers go there and come back, so every answer is a redirection. */
@ApiTags('session')
@Controller('api/v1/session/oidc')
export class ProviderController {
  constructor(@Inject(Access) private readonly access: Access) {}

  @Get('start')
  @Redirect()
  @Guessable()
  @ApiOperation({ summary: 'Sends the browser to the provider; return is a path of the console to come back to.' })
  async start(
    @Query({ schema: Start }) query: z.infer<typeof Start>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<Elsewhere> {
    try {
      const { url, browser } = await this.#provider().begin(query.return);
      // Lax: the browser comes back from another site, and must bring it.
      const flags = { httpOnly: true, sameSite: 'lax', path: PATH, maxAge: FLOW_MS } as const;
      response.cookie(FLOW_COOKIE, browser, { ...flags, secure: isSecure(this.access, request) });
      return { url, statusCode: 302 };
    } catch (thrown) {
      const error = toConsiliumError(thrown);
      if (error.errorClass !== 'unreachable') throw thrown;
      return signInPage(error);
    }
  }

  @Get('callback')
  @Redirect()
  @Guessable()
  @AuditedInside('session.begin')
  @ApiOperation({ summary: 'The browser comes back from the provider.' })
  async finish(
    @Req() request: Request,
    @Res({ passthrough: true }) response: CookieResponse,
    @TheChange() change: Change,
  ): Promise<Elsewhere> {
    const secure = isSecure(this.access, request);
    try {
      const question = request.originalUrl.indexOf('?');
      const query = question < 0 ? '' : request.originalUrl.slice(question);
      const flow = cookieOf(request, FLOW_COOKIE);
      const { session, returnTo } = await this.#provider().finish(query, flow, cookieOf(request, SESSION_COOKIE), change);
      response.clearCookie(FLOW_COOKIE, { httpOnly: true, sameSite: 'lax', path: PATH, secure });
      setSessionCookie(response, session, secure, this.access.sessions.lifeMs);
      return { url: returnTo, statusCode: 302 };
    } catch (thrown) {
      const error = toConsiliumError(thrown);
      if (error.errorClass === 'failed' || error.code === 'AUDIT_UNAVAILABLE') throw thrown;
      await change.write('refused', error.code);
      return signInPage(error);
    }
  }

  #provider(): ProviderSignIn {
    if (this.access.provider !== undefined) return this.access.provider;
    throw new ConsiliumError({
      code: 'PROVIDER_NONE',
      errorClass: 'usage',
      message: 'This consortium has no sign-in at a provider.',
      fix: 'Sign in with a password; an admin can set oidc in coordinator.yaml.',
    });
  }
}
