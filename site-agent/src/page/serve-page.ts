import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CoordinatorAddress } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { EngineProbe } from '../doctor/index.js';
import type { StateLayout } from '../state/index.js';
import { answerPage } from './answer.js';
import { PageDesk } from './page-desk.js';
import { PageSessions } from './page-sessions.js';
import { pageRoutes } from './routes.js';

export interface SitePageSetup {
  /** The site's name, for the titles. */
  readonly site: string;
  /** host:port on this machine; port 0 takes a free one. */
  readonly listen: string;
  /** Absolute path of `site.yaml`. */
  readonly configFile: string;
  readonly layout: StateLayout;
  readonly engine: EngineProbe;
}

/** A page that is being served. */
export interface SitePage {
  /** Such as `http://127.0.0.1:9466`. */
  readonly origin: string;
  stop(): void;
}

/** Nobody needs more connections than a few browsers have. */
const MOST_CONNECTIONS = 32;
const REQUEST_MS = 15_000;

/**
 * Serves the site page (UX.md section 2) on this machine alone.
 * @throws ConsiliumError PORT_IN_USE
 */
export async function serveSitePage({ site, listen, configFile, layout, engine }: SitePageSetup): Promise<SitePage> {
  const stop = new AbortController();
  const desk = new PageDesk(configFile, stop.signal);
  const sessions = new PageSessions();
  const routes = pageRoutes(desk, engine);
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: 16_384 });
  server.maxConnections = MOST_CONNECTIONS;
  const port = await opened(server, listen);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answerPage({ site, port, layout, sessions, routes }, request, response).catch(() => response.destroy());
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () => {
      stop.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function opened(server: Server, listen: string): Promise<number> {
  const { host, port } = listen.endsWith(':0') ? { host: '127.0.0.1', port: 0 } : CoordinatorAddress.parse(listen);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new ConsiliumError({
          code: 'PORT_IN_USE',
          errorClass: 'failed',
          message: `The site page cannot be served on ${listen}.`,
          fix: 'Set page.listen in site.yaml to another port of this machine, or leave page out.',
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
