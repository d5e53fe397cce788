import { Body, Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import {
  Access,
  Actor,
  BROWSER_COOKIE,
  clearSessionCookie,
  cookieOf,
  csrfOf,
  Guessable,
  SESSION_COOKIE,
  SessionOnly,
  setBrowserCookie,
  setSessionCookie,
  SignedIn,
  Theme,
  type CookieResponse,
  type GatedRequest,
} from '../access/index.js';
import { AuditedInside, Change, TheChange } from '../audit/index.js';
import type { AccountRow, Database } from '../storage/index.js';
import {
  CodeForm,
  MaybeCodeForm,
  OwnAccountView,
  PasswordForm,
  ProfileForm,
  RecoveryView,
  SessionView,
  SignInForm,
  TotpView,
} from './access-views.js';
import { DATABASE } from './tokens.js';

/** What is asked of a request beside what the gate asks. */
interface Request extends GatedRequest {
  readonly secure?: boolean;
}

/** Signing in and out, and one's own account. */
@ApiTags('session')
@ApiBearerAuth()
@Controller('api/v1/session')
export class SessionController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  @Post()
  @HttpCode(200)
  @Guessable()
  @AuditedInside('session.begin')
  @ApiOperation({ summary: 'Signs in: answers with the account, and sets a session cookie.' })
  @ApiResponse({ status: 200, standardSchema: SessionView })
  async begin(
    @Body({ schema: SignInForm }) credentials: z.infer<typeof SignInForm>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: CookieResponse,
    @TheChange() change: Change,
  ): Promise<SessionView> {
    const origin = { address: request.ip, session: cookieOf(request, SESSION_COOKIE), browser: cookieOf(request, BROWSER_COOKIE) };
    const { session, browser } = await this.access.signIn.signIn(credentials, origin, change);
    const secure = isSecure(this.access, request);
    setSessionCookie(response, session, secure, this.access.sessions.lifeMs);
    if (browser !== undefined) setBrowserCookie(response, browser, secure);
    const found = await this.access.sessions.find(session);
    if (found === undefined) throw new Error('a session that was just begun is gone');
    return { account: ownView(found.account), csrf: csrfOf(session) };
  }

  @Get()
  @SignedIn()
  @ApiOperation({ summary: 'Who is signed in, and what a page sends back with every change.' })
  @ApiResponse({ status: 200, standardSchema: SessionView })
  show(@Actor() actor: Actor, @Req() { session }: Request): SessionView {
    if (session !== undefined) return { account: ownView(session.account), csrf: csrfOf(session.secret) };
    const { id, name, email, roles, sites } = actor;
    return { account: { id, name, email: email ?? '', roles: [...roles], sites: [...sites], totp: false }, csrf: null };
  }

  @Delete()
  @HttpCode(204)
  @SessionOnly()
  @AuditedInside('session.end')
  @ApiOperation({ summary: 'Signs out.' })
  async end(@Req() request: Request, @Res({ passthrough: true }) response: CookieResponse, @TheChange() change: Change): Promise<void> {
    const { secret, account } = sessionOf(request);
    await change.inside(this.db, async (tx) => {
      await this.access.sessions.end(tx, secret);
      return { result: undefined, notes: { subject: `account:${account.id}` } };
    });
    clearSessionCookie(response, isSecure(this.access, request));
  }

  @Patch()
  @SessionOnly()
  @AuditedInside('account.profile')
  @ApiOperation({ summary: "Changes one's own name or theme." })
  @ApiResponse({ status: 200, standardSchema: SessionView })
  async change(
    @Body({ schema: ProfileForm }) { name, theme }: z.infer<typeof ProfileForm>,
    @Req() request: Request,
    @TheChange() change: Change,
  ): Promise<SessionView> {
    const { secret, account } = sessionOf(request);
    const told = { ...(name === undefined ? {} : { name }), ...(theme === undefined ? {} : { theme }) };
    const row = await change.inside(this.db, (tx) => this.access.own.change(tx, account.id, told));
    return { account: ownView(row), csrf: csrfOf(secret) };
  }

  @Post('password')
  @HttpCode(204)
  @SessionOnly()
  @AuditedInside('account.password')
  @ApiOperation({ summary: "Changes one's own password; every other session ends." })
  async password(
    @Body({ schema: PasswordForm }) { current, next }: z.infer<typeof PasswordForm>,
    @Req() request: Request,
    @TheChange() change: Change,
  ): Promise<void> {
    const { account, row } = sessionOf(request);
    const stored = await this.access.own.newPassword(account, current, next);
    await change.inside(this.db, (tx) => this.access.own.setPassword(tx, account.id, stored, row.hash));
  }

  @Post('totp')
  @HttpCode(200)
  @SessionOnly()
  @AuditedInside('account.totp.begin')
  @ApiOperation({ summary: 'A secret for an authenticator app. It counts once it was confirmed.' })
  @ApiResponse({ status: 200, standardSchema: TotpView })
  async beginTotp(@Req() request: Request, @TheChange() change: Change): Promise<z.infer<typeof TotpView>> {
    const { account } = sessionOf(request);
    return change.inside(this.db, (tx) => this.access.own.beginTotp(tx, account.id));
  }

  @Post('totp/confirm')
  @HttpCode(200)
  @SessionOnly()
  @AuditedInside('account.totp.confirm')
  @ApiOperation({ summary: 'Puts the second factor on. Answers with recovery codes, once.' })
  @ApiResponse({ status: 200, standardSchema: RecoveryView })
  async confirmTotp(
    @Body({ schema: CodeForm }) { code }: z.infer<typeof CodeForm>,
    @Req() request: Request,
    @TheChange() change: Change,
  ): Promise<z.infer<typeof RecoveryView>> {
    const { account } = sessionOf(request);
    const tries = await this.access.own.tryCode(account.id);
    const codes = await change.inside(this.db, (tx) => this.access.own.confirmTotp(tx, account.id, code, tries));
    return { recoveryCodes: [...codes] };
  }

  @Delete('totp')
  @HttpCode(204)
  @SessionOnly()
  @AuditedInside('account.totp.remove')
  @ApiOperation({ summary: 'Takes the second factor away; with a code of it, unless the sign-in is less than ten minutes old.' })
  async removeTotp(
    @Body({ schema: MaybeCodeForm }) { code }: z.infer<typeof MaybeCodeForm>,
    @Req() request: Request,
    @TheChange() change: Change,
  ): Promise<void> {
    const { account, row } = sessionOf(request);
    const tries = code === undefined ? [] : await this.access.own.tryCode(account.id);
    await change.inside(this.db, (tx) => this.access.own.removeTotp(tx, account.id, code, row.created_at, tries));
  }
}

/** Whether the person's browser speaks TLS: the cookie is then for TLS only. */
export const isSecure = (access: Access, request: Request): boolean => access.tls || request.secure === true;

function sessionOf({ session }: Request) {
  if (session === undefined) throw new Error('a route for sessions only was reached without one');
  return session;
}

function ownView(row: AccountRow): OwnAccountView {
  const theme = Theme.safeParse(row.theme);
  return OwnAccountView.parse({
    id: row.id,
    email: row.email,
    name: row.name,
    roles: row.roles,
    sites: row.sites,
    totp: row.totp_confirmed,
    ...(theme.success ? { theme: theme.data } : {}),
  });
}
