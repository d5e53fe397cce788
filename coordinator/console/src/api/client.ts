import { z } from 'zod';
import { ApiProblem, Problem } from './problem.js';

const BASE = '/api/v1';
/** No request waits longer; streams are elsewhere. */
const LIMIT_MS = 30_000;

let csrf: string | undefined;

/** The token that every change needs beside the cookie; it comes with the session and lives in memory only. */
export function setCsrf(token: string | undefined): void {
  csrf = token;
}

export interface Call {
  readonly method?: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** @throws ApiProblem for every answer that is not 2xx */
export async function send(path: string, { method, body, signal }: Call = {}): Promise<Response> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(`${BASE}${path}`, {
    ...(method ? { method } : {}),
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method && csrf ? { 'x-consilium-csrf': csrf } : {}),
      ...(method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    credentials: 'same-origin',
  });
  if (!response.ok) throw new ApiProblem(await problemOf(response));
  return response;
}

/** Calls the API and checks the answer. @throws ApiProblem, ZodError */
export async function call<T extends z.ZodType>(schema: T, path: string, options: Call = {}): Promise<z.infer<T>> {
  const response = await send(path, options);
  const text = await response.text();
  return schema.parse(text === '' ? null : JSON.parse(text));
}

/** An answer that carries nothing this page needs. */
export const Nothing = z.unknown();

async function problemOf(response: Response): Promise<Problem> {
  const parsed = Problem.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  return {
    status: response.status,
    code: `HTTP_${response.status}`,
    detail: `The coordinator answered ${response.status}.`,
    fix: '',
    errors: [],
  };
}

/** A list of the API. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable().default(null) });

/** Most pages that one view follows: beyond, it says that it shows the newest only. */
const MOST_PAGES = 20;

/** Follows the cursors of a list. @returns all items, and whether there are more than the view takes */
export async function callAll<T extends z.ZodType>(
  item: T,
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly items: z.infer<T>[]; readonly more: boolean }> {
  const items: z.infer<T>[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const at: string = cursor === null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
    const answer = await call(pageOf(item), `${path}${at}`, { signal });
    items.push(...(answer.items as z.infer<T>[]));
    cursor = answer.nextCursor;
    if (cursor === null) return { items, more: false };
  }
  return { items, more: true };
}

/** The query part of a path; what is empty is left out. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
