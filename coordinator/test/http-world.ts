import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CanActivate, Type } from '@nestjs/common';
import { readSecretFile } from '@consilium/identity';
import { SiteName, type Json, type StudyHash } from '@consilium/protocol';
import { pino } from 'pino';
import { Access, openAdminToken, openSecretBox, type AccessOptions, type Role } from '../src/access/index.js';
import { AppModule } from '../src/app.module.js';
import { createHttpApp, listenHttp } from '../src/http/http-server.js';
import { StudyDesk } from '../src/http/study-desk.js';
import { LedgerMirror } from '../src/ledgers/index.js';
import { CaChange, SiteDirectory, TransportTrust } from '../src/sites/index.js';
import { appendStudyEvents, ensureConsortium, inviteSite, recordSiteKeys } from '../src/storage/index.js';
import { Listening, measureSites, Metrics, Readiness } from '../src/telemetry/index.js';
import { FakeDesk } from './fake-desk.js';
import { person } from './people.js';
import { temporaryDatabase } from './temporary-database.js';

/** Tests hash many passwords, and none of them is anybody's. */
const CHEAP = { memory: 256, passes: 1, lanes: 1 };

/** The real HTTP application on a real database, over studies that are made up. */
export async function httpWorld(
  options: Partial<AccessOptions> = {},
  {
    controllers = [],
    guards = [],
    ledgerKeys,
  }: {
    readonly controllers?: readonly Type[];
    readonly guards?: readonly CanActivate[];
    /** Of sites whose ledgers are mirrored and which are not on the roster. */
    readonly ledgerKeys?: ConstructorParameters<typeof LedgerMirror>[0]['keys'];
  } = {},
) {
  const state = await mkdtemp(join(tmpdir(), 'consilium-http-'));
  const adminToken = await openAdminToken(state);
  const opened = await temporaryDatabase();
  const { db } = opened;
  const now = new Date();
  const consortium = await ensureConsortium(db, 'heart', now);
  const trust = await TransportTrust.open({ state, consortium: 'heart', serverNames: ['localhost'], clock: () => new Date() });
  const listening = new Listening();
  const sites = new SiteDirectory({ db, consortium, trust, publicAddress: () => 'localhost:7443', clock: () => new Date() });
  const metrics = new Metrics();
  measureSites(metrics, sites);
  const desk = new FakeDesk(db);
  let port = 0;
  const access = new Access({
    db,
    consortium: 'heart',
    adminToken,
    secrets: await openSecretBox(state),
    clock: () => new Date(),
    publicUrl: () => `http://127.0.0.1:${port}`,
    passwordCost: CHEAP,
    audited: (action) => metrics.auditEvents.inc({ action }),
    ...options,
  });
  const foundation = {
    config: {
      consortium: 'heart',
      state,
      grpc: { host: '127.0.0.1', port: 0, serverNames: ['localhost'] },
      http: { host: '127.0.0.1', port: 0 },
      notices: {},
      databaseUrl: undefined,
    },
    log: pino({ enabled: false }),
    db,
    access,
    sites,
    trust,
    caChange: new CaChange(db, trust, () => new Date()),
    mirror: new LedgerMirror({
      db,
      consortium: 'heart',
      keys: ledgerKeys ?? (() => sites.rosters.keys()),
      counted: (result, entries) => metrics.ledgerMirrorEntries.inc({ result }, entries),
      now: () => new Date(),
    }),
    metrics,
    listening,
    readiness: new Readiness(db, listening, true, state),
  };
  const start = async (at = 0) => {
    const parts = [{ provide: StudyDesk, useValue: desk }];
    const module = AppModule.with(foundation, parts);
    const app = await createHttpApp(
      { ...module, controllers: [...(module.controllers ?? []), ...controllers] },
      {
        log: foundation.log,
        metrics,
        access,
        trustedProxies: ['127.0.0.1'],
      },
    );
    app.useGlobalGuards(...guards);
    return { app, port: await listenHttp(app, '127.0.0.1', at) };
  };
  let running = await start();
  port = running.port;
  return {
    state,
    db,
    access,
    /** Somebody with these roles, in a session. */
    person: (roles: readonly Role[], bound?: readonly string[]) =>
      person({ access, db, url: `http://127.0.0.1:${running.port}`, now: access.options.clock() }, roles, bound),
    sites,
    desk,
    listening,
    get port() {
      return running.port;
    },
    get url() {
      return `http://127.0.0.1:${running.port}`;
    },
    token: (await readSecretFile(join(state, 'admin.token'))).toString('utf8').trim(),
    /** A site has sent keys; they are bytes of the right length, no more. */
    async join(name: string, seed: number) {
      const site = SiteName.parse(name);
      await inviteSite(db, site, now);
      const csr = Buffer.from('none');
      await recordSiteKeys(db, site, {
        identityKey: Buffer.alloc(32, seed),
        sealingKey: Buffer.alloc(1216, seed),
        csr,
        agentVersion: '0.1.0',
      });
    },
    get: <T>(part: new () => T): T => running.app.get(part),
    /** Events of a study's record, one a second. */
    async record(study: StudyHash, events: readonly Json[]) {
      const first = Date.parse('2026-02-01T23:59:58Z');
      const stored = events.map((event, index) => ({ study, seq: index + 1, at: new Date(first + index * 1_000), event }));
      await appendStudyEvents(db, stored);
    },
    async metric(name: string): Promise<number | undefined> {
      return (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value;
    },
    /** What the table of kept answers holds, as somebody who copies the disk would read it. */
    async keptAnswers() {
      const rows = await db.selectFrom('kept_answers').selectAll().execute();
      return rows.map((row) => Object.values(row).map(String).join(' '));
    },
    /** As if the coordinator had been killed while it answered: begun and never finished. */
    async forgetAnswer() {
      await db.updateTable('kept_answers').set({ status: null, answer: null }).execute();
    },
    listenAgain: (taken: number) => start(taken),
    /** The coordinator goes away for a while, and comes back at the same address. */
    async restart(awayMs: number) {
      const before = running.port;
      desk.release();
      await running.app.close();
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      running = await start(before);
    },
    async close() {
      desk.release();
      await running.app.close();
      await opened.close();
      await rm(state, { recursive: true, force: true });
    },
  };
}
