import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { openAdminToken } from './access/index.js';
import { AppModule } from './app.module.js';
import type { CoordinatorConfig } from './config/index.js';
import { createHttpApp, listenHttp } from './http/http-server.js';
import { LedgerMirror } from './ledgers/index.js';
import { CaChange, SiteDirectory, TransportTrust } from './sites/index.js';
import { ensureConsortium, openDatabase } from './storage/index.js';
import { Listening, measureSites, Metrics, Readiness } from './telemetry/index.js';

/** Where a running coordinator listens; file `listening.json` in its state directory says the same. */
export interface RunningCoordinator {
  readonly httpUrl: string;
  /** Stops taking work, ends what runs, closes the database. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly config: CoordinatorConfig;
  readonly log: Logger;
  /** See {@link AppModule.with}. */
  readonly parts: readonly Provider[];
  /** Called when another coordinator may have taken the database: this one must end. */
  readonly onLost: () => void;
  /** Shorter lives of certificates, in days, for tests that watch them end. */
  readonly lives?: { readonly certificateDays?: number; readonly serverDays?: number };
}

/**
 * Starts a coordinator: keys and database under `config.state`, then the studies, then the doors.
 * @throws ConsiliumError for everything that the operator can put right, such as PORT_IN_USE, STATE_IN_USE, KEY_FILE_MODE
 */
export async function startCoordinator({ config, log, parts, onLost, lives = {} }: StartOptions): Promise<RunningCoordinator> {
  const now = new Date();
  // First of all: it makes the state directory, closed to others, or refuses one that is not.
  const adminToken = await openAdminToken(config.state);
  const opened = await openDatabase({ databaseUrl: config.databaseUrl, directory: config.state, onLost });
  const { db } = opened;
  try {
    const consortium = await ensureConsortium(db, config.consortium, now);
    const clock = () => new Date();
    const trust = await TransportTrust.open({
      state: config.state,
      consortium: consortium.name,
      serverNames: config.grpc.serverNames,
      clock,
      serverDays: lives.serverDays,
    });
    const listening = new Listening();
    const publicAddress = () =>
      config.grpc.publicAddress ?? `${config.grpc.serverNames[0] ?? 'localhost'}:${listening.grpcPort ?? config.grpc.port}`;
    const sites = new SiteDirectory({ db, consortium, trust, publicAddress, clock, ...lives });
    const metrics = new Metrics();
    const readiness = new Readiness(db, listening, true, config.state);
    measureSites(metrics, sites);
    const mirror = new LedgerMirror({
      db,
      consortium: consortium.name,
      keys: () => sites.rosters.keys(),
      counted: (result, entries) => metrics.ledgerMirrorEntries.inc({ result }, entries),
      lagged: (site, seconds) => metrics.ledgerMirrorLag.set({ site }, seconds),
      now: clock,
    });
    const caChange = new CaChange(db, trust, clock);
    const foundation = { config, log, db, sites, trust, caChange, mirror, metrics, listening, readiness };
    const app = await createHttpApp(AppModule.with(foundation, parts), { log, metrics, adminToken });
    const listeningFile = join(config.state, 'listening.json');
    const stop = async () => {
      readiness.drain();
      await rm(listeningFile, { force: true });
      await app.close();
      await opened.close();
    };
    try {
      await app.init();
      listening.httpPort = await listenHttp(app, config.http.host, config.http.port);
    } catch (error) {
      await app.close();
      throw error;
    }
    const host = config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host;
    const httpUrl = `http://${host}:${listening.httpPort}`;
    await writeFile(
      join(config.state, 'listening.json'),
      `${JSON.stringify({ url: httpUrl, sites: publicAddress(), pid: process.pid })}\n`,
    );
    log.info({ url: httpUrl, sites: publicAddress() }, 'the coordinator is ready');
    return { httpUrl, stop };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
