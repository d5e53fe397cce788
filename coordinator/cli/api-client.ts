import { ConsiliumError, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { AccountView } from '../src/access/people/account-view.js';
import { ApiTokenView, NewToken } from '../src/access/sign-in/api-token-view.js';
import { InvitedAnswer, SessionView } from '../src/http/access-views.js';
import { pageOf } from '../src/http/page.js';
import { ProblemDetails } from '../src/http/problem-details.js';
import { StudyCheck, StudyEventView, StudySummary, StudyView } from '../src/http/study-views.js';
import { LedgerView } from '../src/ledgers/ledger-view.js';
import { ReportView } from '../src/reports/report-view.js';
import { CaView } from '../src/sites/ca-change.js';
import { Invitation, RosterView, SiteView } from '../src/sites/site-views.js';
import type { Connection } from './connection.js';

type Method = 'GET' | 'POST' | 'DELETE';

/** The coordinator's HTTP API as the commands use it. Every answer is checked before it is believed. */
export class ApiClient {
  /**
   * @param connect - asked before every request: a restarted coordinator may listen elsewhere
   * @param timeoutMs - of one request, waiting included
   */
  constructor(
    private readonly connect: () => Promise<Connection>,
    private readonly timeoutMs: number,
  ) {}

  sites = () => this.#json('GET', 'sites', pageOf(SiteView));
  invite = (site: string, expires: string) => this.#json('POST', 'sites/invitations', Invitation, { site, expires });
  admit = (site: string) => this.#json('POST', `sites/${encodeURIComponent(site)}/admission`, SiteView);
  revoke = (site: string) => this.#json('POST', `sites/${encodeURIComponent(site)}/revocation`, SiteView);
  roster = () => this.#json('GET', 'roster', RosterView);
  ledgers = () => this.#json('GET', 'ledgers', pageOf(LedgerView));
  ca = () => this.#json('GET', 'ca', CaView);
  rotateCa = () => this.#json('POST', 'ca/rotation', CaView);
  finishCa = () => this.#json('POST', 'ca/rotation/end', CaView);
  check = (yaml: string) => this.#json('POST', 'studies/check', StudyCheck, { yaml });
  propose = (yaml: string) => this.#json('POST', 'studies', StudyView, { specification: yaml });
  studies = () => this.#all('studies', StudySummary);
  study = (id: string) => this.#json('GET', studyPath(id), StudyView);
  launch = (id: string) => this.#json('POST', `${studyPath(id)}/launch`, StudyView);
  stop = (id: string) => this.#json('POST', `${studyPath(id)}/stop`, StudyView);
  goOnWithout = (id: string, site: string) => this.#json('POST', `${studyPath(id)}/excused`, StudyView, { site });

  accounts = () => this.#json('GET', 'accounts', pageOf(AccountView));
  inviteAccount = (person: { email: string; name: string; roles: readonly string[]; sites: readonly string[] }) =>
    this.#json('POST', 'accounts', InvitedAnswer, person);
  tokens = () => this.#json('GET', 'tokens', pageOf(ApiTokenView));
  createToken = (wish: { name: string; scopes: readonly string[]; days: number }) => this.#json('POST', 'tokens', NewToken, wish);
  whoAmI = () => this.#json('GET', 'session', SessionView);

  async revokeToken(id: string): Promise<void> {
    await this.#send('DELETE', `tokens/${encodeURIComponent(id)}`);
  }

  /** The whole audit log, JSON Lines. */
  async auditLog(): Promise<Buffer> {
    return Buffer.from(await (await this.#send('GET', 'audit/export?format=jsonl')).arrayBuffer());
  }

  /** Events after `after`; waits up to `waitSeconds` for one. */
  events(hash: StudyHash, after: number, waitSeconds: number) {
    return this.#json('GET', `${studyPath(hash)}/events?after=${after}&waitSeconds=${waitSeconds}`, pageOf(StudyEventView));
  }

  async model(id: string): Promise<Buffer> {
    const response = await this.#send('GET', `${studyPath(id)}/model`);
    return Buffer.from(await response.arrayBuffer());
  }

  async ledger(site: string, population: string): Promise<Buffer> {
    const response = await this.#send('GET', ledgerPath(site, population));
    return Buffer.from(await response.arrayBuffer());
  }

  dpoReport = (wish: { site: string; from: string; to: string }) => this.#json('POST', 'reports/dpo', ReportView, wish);

  /** @param ending - pdf or json */
  async report(id: string, ending: 'pdf' | 'json'): Promise<Buffer> {
    const response = await this.#send('GET', `reports/${encodeURIComponent(id)}.${ending}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async ledgerCheckpoint(site: string, population: string): Promise<string> {
    return (await this.#send('GET', `${ledgerPath(site, population)}/checkpoint`)).text();
  }

  /** Every page of a list. */
  async #all<T extends z.ZodType>(path: string, item: T): Promise<{ items: z.output<T>[] }> {
    const items: z.output<T>[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: z.output<T>[]; nextCursor: string | null } = await this.#json(
        'GET',
        `${path}${cursor === '' ? '' : `?cursor=${cursor}`}`,
        pageOf(item),
      );
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return { items };
  }

  async #json<T extends z.ZodType>(method: Method, path: string, schema: T, body?: unknown): Promise<z.output<T>> {
    const response = await this.#send(method, path, body);
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw notOurs();
  }

  async #send(method: Method, path: string, body?: unknown): Promise<Response> {
    const { url, token } = await this.connect();
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const signal = AbortSignal.timeout(this.timeoutMs);
    const init = { method, headers, signal, redirect: 'error' as const, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/api/v1/${path}`, init).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    if (response.ok) return response;
    throw await problemOf(response);
  }
}

/** What a refused request was answered with. */
export async function problemOf(response: Response): Promise<ConsiliumError> {
  const problem = ProblemDetails.safeParse(await response.json().catch(() => undefined));
  if (!problem.success) return notOurs();
  const { code, errorClass, detail, fix, errors } = problem.data;
  return new ConsiliumError({
    code,
    errorClass,
    message: detail,
    fix,
    problems: errors.map(({ pointer, ...rest }) => ({ path: pointer.replace(/^#\//, '').replaceAll('/', '.'), ...rest })),
  });
}

const ledgerPath = (site: string, population: string): string => `ledgers/${encodeURIComponent(site)}/${encodeURIComponent(population)}`;
const studyPath = (id: string): string => `studies/${encodeURIComponent(id)}`;

/** The sentence for an answer that no coordinator gives. */
export function notOurs(): ConsiliumError {
  return new ConsiliumError({
    code: 'NOT_A_COORDINATOR',
    errorClass: 'unreachable',
    message: 'What answers at this address is no coordinator of this version.',
    fix: 'Check --url, and that the coordinator and this command have the same version.',
  });
}

/** The sentence for a coordinator that did not answer. */
export function unreachable(url: string, error: unknown): ConsiliumError {
  if (error instanceof Error && error.name === 'TimeoutError')
    return new ConsiliumError({
      code: 'TIMEOUT',
      errorClass: 'timeout',
      message: 'The coordinator did not answer in time.',
      fix: 'Try again, or allow more time with --timeout.',
    });
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection';
  return new ConsiliumError({
    code: 'COORDINATOR_UNREACHABLE',
    errorClass: 'unreachable',
    message: `The coordinator at ${url} cannot be reached (${code}).`,
    fix: 'Check that it runs, and the address (--url or CONSILIUM_URL).',
    cause: error,
  });
}
