import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { Tightenings } from './budgets/index.js';
import type { CoordinatorConfig } from './config/index.js';
import { DataPlane } from './data-plane.js';
import { StudyDesk } from './http/study-desk.js';
import { CONFIG, DATABASE, LOG } from './http/tokens.js';
import { LedgerMirror } from './ledgers/index.js';
import { Notices } from './notices/index.js';
import { CaChange, SiteDirectory, TransportTrust } from './sites/index.js';
import type { Database } from './storage/index.js';
import { Listening } from './telemetry/listening.js';
import { Metrics } from './telemetry/metrics.js';

/** What carries the studies, as Nest starts and stops it. */
export const STUDY_PARTS: readonly Provider[] = [
  {
    provide: DataPlane,
    useFactory: (
      config: CoordinatorConfig,
      log: Logger,
      db: Database,
      trust: TransportTrust,
      caChange: CaChange,
      sites: SiteDirectory,
      metrics: Metrics,
      listening: Listening,
      mirror: LedgerMirror,
      tightenings: Tightenings,
      notices: Notices,
    ) => {
      const { state, grpc } = config;
      return new DataPlane({ db, sites, metrics, log, state, grpc, trust, caChange, listening, mirror, tightenings, notices });
    },
    inject: [CONFIG, LOG, DATABASE, TransportTrust, CaChange, SiteDirectory, Metrics, Listening, LedgerMirror, Tightenings, Notices],
  },
  { provide: StudyDesk, useFactory: (plane: DataPlane) => plane.desk, inject: [DataPlane] },
];
