import type { Page } from './layout.js';
import type { PageSession } from './page-sessions.js';

/** What a request is answered with. */
export type PageReply =
  | { readonly kind: 'page'; readonly page: Page; readonly status?: number }
  /** Back to a page that says what was done, so that reloading it does nothing again. */
  | { readonly kind: 'done'; readonly path: string; readonly notice: string }
  | { readonly kind: 'file'; readonly type: string; readonly name: string; readonly text: AsyncIterable<string> };

/** A request of somebody who is signed in. */
export interface PageRequest {
  readonly session: PageSession;
  /** Parts of the path that the route leaves open. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** Of a POST; its token has been checked. */
  readonly form: URLSearchParams;
}

export const page = (at: Page): PageReply => ({ kind: 'page', page: at });
export const done = (path: string, notice: string): PageReply => ({ kind: 'done', path, notice });
