import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './console.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { ApiProblem } from './api/problem.js';
import { ZoneProvider } from './parts/time.js';
import { routes } from './routes.js';
import { cssVariables, theme } from './theme.js';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The stream says what changed; a page that is opened again is still looked at anew.
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // What the coordinator said is not said differently a second time.
      retry: (count, error) => !(error instanceof ApiProblem) && count < 2,
    },
  },
});

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
const root = document.querySelector('#root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        {...(nonce ? { getStyleNonce: () => nonce } : {})}
      >
        <Notifications position="bottom-right" />
        <QueryClientProvider client={queries}>
          <ZoneProvider>
            <RouterProvider router={createBrowserRouter(routes)} />
          </ZoneProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
