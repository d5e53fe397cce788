import { join } from 'node:path';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement, type FunctionComponent, type PropsWithChildren } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { MemoryRouter } from 'react-router';
import { StudyView } from '../../coordinator/console/src/api/studies.js';

const CONSOLE = join(import.meta.dirname, '../../coordinator/console/src');
const RESEARCHER = { id: '1', email: 'ada@heart.example', name: 'Ada', roles: ['researcher'], sites: [], totp: false };

/** Components need the types of a browser, which the other specs must not have: they are loaded by name. */
const component = async <P>(file: string, name: string): Promise<FunctionComponent<P>> =>
  ((await import(join(CONSOLE, file))) as Record<string, FunctionComponent<P>>)[name] as FunctionComponent<P>;

/** What the console's study overview says of the sites of a study, as text; `answer` is what the API answered. */
export async function asTheConsoleShows(answer: unknown): Promise<string> {
  const study = StudyView.parse(answer);
  const SignedIn = await component<PropsWithChildren>('shell/who.tsx', 'SignedIn');
  const parts = [
    await component<{ study: StudyView }>('pages/study/waits.tsx', 'Waits'),
    await component<{ study: StudyView }>('pages/study/sites-table.tsx', 'SitesTable'),
  ];
  const queries = new QueryClient();
  queries.setQueryData(['session'], RESEARCHER);
  const page = createElement(SignedIn, null, ...parts.map((part) => createElement(part, { study })));
  const routed = createElement(MemoryRouter, null, page);
  const html = renderToStaticMarkup(createElement(MantineProvider, null, createElement(QueryClientProvider, { client: queries }, routed)));
  return html
    .replaceAll(/<style[^>]*>[^<]*<\/style>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#x27;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
