import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { durationMs } from '@consilium/protocol';
import { Access, openAdminToken, openSecretBox } from './access/index.js';
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
  /** One-time address for the first admin, while nobody has an account. A secret: for the operator's eyes, not for the log. */
  readonly setupLink: string | undefined;
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
  const secrets = await openSecretBox(config.state);
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
    const metrics = new Metrics();
    const access = new Access({
      db,
      consortium: consortium.name,
      adminToken,
      secrets,
      clock,
      publicUrl: () => config.http.publicUrl ?? localUrl(config.http.host, listening.httpPort ?? config.http.port),
      provider: config.oidc,
      sessions: config.sessions && { idleMs: durationMs(config.sessions.idle), lifeMs: durationMs(config.sessions.life) },
      audited: (action) => metrics.auditEvents.inc({ action }),
    });
    const sites = new SiteDirectory({ db, consortium, trust, publicAddress, clock, audit: access.audit, ...lives });
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
    const foundation = { config, log, db, access, sites, trust, caChange, mirror, metrics, listening, readiness };
    const app = await createHttpApp(AppModule.with(foundation, parts), {
      log,
      metrics,
      access,
      trustedProxies: config.http.trustedProxies,
    });
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
    const httpUrl = localUrl(config.http.host, listening.httpPort);
    const setupLink = await access.setupLink();
    // Noted outside the database: whoever writes the chain anew cannot write this line anew.
    const auditHead = await access.audit.head();
    await writeFile(
      join(config.state, 'listening.json'),
      `${JSON.stringify({ url: httpUrl, sites: publicAddress(), pid: process.pid })}\n`,
    );
    log.info({ url: httpUrl, sites: publicAddress(), audit_head: `${auditHead.seq}:${auditHead.hash}` }, 'the coordinator is ready');
    return { httpUrl, setupLink, stop };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** @param host - an address to listen on; where it is every address, this machine's own */
function localUrl(host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
