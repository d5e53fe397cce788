import { join } from 'node:path';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { spkiSha256 } from '@consilium/identity';
import { createFolder } from '@consilium/sealed-sum/fold';
import type { Logger } from 'pino';
import type { Tightenings } from './budgets/tightenings.js';
import { cleanUp } from './aggregation/clean-up.js';
import { FoldWork } from './aggregation/fold-work.js';
import { Spool } from './aggregation/spool.js';
import { approvalService } from './grpc/approval-service.js';
import { enrolmentService } from './grpc/enrolment-service.js';
import { GrpcServer } from './grpc/grpc-server.js';
import type { CallContext } from './grpc/handlers.js';
import { OpenStreams } from './grpc/open-streams.js';
import { identityKeys } from './grpc/identity-keys.js';
import { ledgerService } from './grpc/ledger-service.js';
import { relayService } from './grpc/relay-service.js';
import { releaseService } from './grpc/release-service.js';
import { rosterService } from './grpc/roster-service.js';
import { roundService } from './grpc/round-service.js';
import { SessionHub } from './grpc/session-hub.js';
import { sessionService } from './grpc/session-service.js';
import { transferService } from './grpc/transfer-service.js';
import { UploadProgress } from './grpc/upload-progress.js';
import type { LedgerMirror } from './ledgers/index.js';
import type { Notices } from './notices/index.js';
import type { CaChange, SiteDirectory, TransportTrust } from './sites/index.js';
import type { Database } from './storage/index.js';
import { Desk } from './studies/desk.js';
import { StudyEngine } from './studies/study-engine.js';
import { measureStudies } from './telemetry/measure-studies.js';
import { keepServerCertificate } from './sites/keep-server-certificate.js';
import type { Listening } from './telemetry/listening.js';
import type { Metrics } from './telemetry/metrics.js';

/** How often a change of the CA is looked at. */
const CA_CHANGE_MS = 2_000;

export interface DataPlaneParts {
  readonly db: Database;
  readonly sites: SiteDirectory;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The coordinator's state directory; the spool lies in it. */
  readonly state: string;
  readonly grpc: { readonly host: string; readonly port: number };
  readonly trust: TransportTrust;
  readonly caChange: CaChange;
  readonly listening: Listening;
  readonly mirror: LedgerMirror;
  readonly tightenings: Tightenings;
  readonly notices: Pick<Notices, 'followStudy'>;
}

/** What runs the studies: sessions, rounds, the spool and the fold, behind one gRPC port. */
export class DataPlane implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly desk: Desk;
  readonly #hub = new SessionHub();
  readonly #progress = new UploadProgress();
  readonly #engine: StudyEngine;
  readonly #spool: Spool;
  readonly #folder = createFolder();
  readonly #streams = new OpenStreams();
  readonly #server: GrpcServer;
  #renewal: (() => void) | undefined;

  constructor(private readonly parts: DataPlaneParts) {
    const { db, sites, metrics, log } = parts;
    this.#spool = new Spool(join(parts.state, 'spool'));
    this.#engine = new StudyEngine({ db, hub: this.#hub, log, spoolRoom: () => this.#spool.room() });
    this.desk = new Desk({
      engine: this.#engine,
      hub: this.#hub,
      progress: this.#progress,
      spool: this.#spool,
      db,
      rosterEpochOf: (names) => sites.rosters.epochOf(names),
    });
    const fold = new FoldWork({
      spool: this.#spool,
      folder: this.#folder,
      log,
      consortium: parts.sites.consortium,
      submit: (study, propose) => this.#engine.submit(study, propose),
      measured: (seconds, bytes) => {
        metrics.foldDuration.observe(seconds);
        metrics.foldBytes.inc(bytes);
      },
    });
    const clean = cleanUp(this.#spool, db, log);
    this.#engine.observe((state) => fold.follow(state));
    this.#engine.observe(clean);
    this.#engine.observe((state) => parts.notices.followStudy(state));
    measureStudies({ engine: this.#engine, spool: this.#spool, metrics });
    this.#hub.onChange((site) => (this.#hub.connected.has(site) ? sites.connect(site) : sites.disconnect(site)));
    parts.tightenings.sendThrough((site, message) => void this.#hub.send(site, message));
    sites.onRevoked((site) => this.#streams.endAll(site));
    this.#server = new GrpcServer(this.#services());
  }

  /** Goes on with every study, then listens for sites. @throws ConsiliumError PORT_IN_USE */
  async onApplicationBootstrap(): Promise<void> {
    const { sites, grpc, trust, listening } = this.parts;
    for (const { site, lastSeen } of await sites.list()) if (lastSeen !== null) this.#hub.remember(site, Date.parse(lastSeen));
    await this.#engine.start();
    listening.grpcPort = await this.#server.listen(grpc.host, grpc.port, trust.identity);
    this.#renewal = this.#followTrust(trust);
  }

  /** Stops announcing, ends the sessions, lets calls finish within a limit. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#renewal?.();
    this.#engine.stop();
    this.#hub.closeAll();
    await this.#server.close();
    await this.#folder.close();
  }

  /** What the port presents changes while it is open. @returns what ends it */
  #followTrust(trust: TransportTrust): () => void {
    trust.onChange(() => {
      this.#server.present(trust.identity);
      // Sites come back at once, and learn from the welcome that their certificates are to be exchanged.
      if (trust.isChanging) this.#hub.closeAll();
    });
    const endRenewal = keepServerCertificate(trust, this.parts.log);
    const look = () =>
      void this.parts.caChange
        .endWhenAllHaveFollowed()
        .catch((error: unknown) => this.parts.log.error({ err: error }, 'the change of the CA could not be ended; tried again'));
    const looking = setInterval(look, CA_CHANGE_MS);
    return () => {
      endRenewal();
      clearInterval(looking);
    };
  }

  #services(): ConstructorParameters<typeof GrpcServer>[0] {
    const { db, sites, trust, metrics, log, mirror } = this.parts;
    const context: CallContext = {
      lookup: (fingerprint) => sites.certificateIsCurrent(fingerprint),
      streams: this.#streams,
      log,
      observed: (method, code, seconds) => {
        metrics.grpcRequests.inc({ method, code });
        metrics.grpcDuration.observe({ method }, seconds);
      },
    };
    const common = { context, engine: this.#engine, consortium: sites.consortium, keyOf: identityKeys(sites) };
    return {
      enrolment: enrolmentService(context, sites),
      roster: rosterService(context, sites),
      approval: approvalService(common),
      session: sessionService({
        ...common,
        hub: this.#hub,
        rosterEpoch: async () => (await sites.roster()).epoch,
        caSha256: () => Buffer.from(spkiSha256(trust.issuing.certificateDer), 'hex'),
        seen: (site, hello) => sites.markSeen(site, hello),
        refused: (code) => metrics.refusals.inc({ code }),
        tightenings: this.parts.tightenings,
      }),
      round: roundService({ ...common, db, spool: this.#spool, siteKeys: () => sites.rosters.keys() }),
      relay: relayService({ ...common, db }),
      transfer: transferService({
        ...common,
        spool: this.#spool,
        progress: this.#progress,
        received: (bytes, resumed) => {
          metrics.uploadBytes.inc(bytes);
          if (resumed) metrics.uploadResumes.inc();
        },
        thrownAway: (outcome) => metrics.contributions.inc({ outcome }),
      }),
      release: releaseService(common),
      ledger: ledgerService(context, mirror),
    };
  }
}
