import { html, type Html, type Part } from './html.js';
import type { PageSession } from './page-sessions.js';

/** The pages of the navigation, in their order. */
export const PLACES = [
  ['/', 'Approvals'],
  ['/results', 'Own results'],
  ['/limits', 'Cohorts and limits'],
  ['/egress', 'What left'],
  ['/doctor', 'Doctor'],
] as const;

export interface Page {
  readonly title: string;
  /** Which entry of the navigation it belongs to. */
  readonly place?: (typeof PLACES)[number][0];
  readonly body: Part;
}

/** @param session - undefined before signing in */
export function layout(site: string, { title, place, body }: Page, session: PageSession | undefined): string {
  const notice = session?.notice;
  if (session) session.notice = undefined;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · ${site} · Consilium</title>
        <link rel="stylesheet" href="/style.css" />
        <script src="/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <strong>${site}</strong>
          <p>The page of this site. It is served here and needs the coordinator neither honest nor reachable.</p>
          ${session && navigation(place, session)}
        </header>
        <main id="main">
          ${notice !== undefined && html`<div class="notice" role="status">${notice}</div>`}
          <h1>${title}</h1>
          ${body}
        </main>
        <footer>
          Per-site figures on these pages exist nowhere else. Approving, loosening and releasing happen here, never at the coordinator.
        </footer>
      </body>
    </html>`;
  return page.text;
}

function navigation(place: Page['place'], { csrf }: PageSession): Html {
  const links = PLACES.map(([path, name]) => html`<li><a href="${path}" ${path === place && html` aria-current="page"`}>${name}</a></li>`);
  return html`<nav aria-label="Pages">
    <ul>
      ${links}
      <li>
        <form method="post" action="/sign-out">
          <input type="hidden" name="csrf" value="${csrf}" /><button class="plain" id="sign-out">Sign out</button>
        </form>
      </li>
    </ul>
  </nav>`;
}

/** What went wrong, in the words of the command line. */
export function errorPart({
  message,
  fix,
  code,
  problems,
}: {
  readonly message: string;
  readonly fix: string;
  readonly code: string;
  readonly problems: readonly { readonly path: string; readonly detail: string }[];
}): Html {
  return html`<div class="notice bad" role="alert">
    <p><strong>${message}</strong> <code>${code}</code></p>
    ${
      problems.length > 1 &&
      html`<ul>
        ${problems.map(({ path, detail }) => html`<li><code>${path}</code>: ${detail}</li>`)}
      </ul>`
    }
    <p>${fix}</p>
  </div>`;
}
