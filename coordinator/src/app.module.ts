import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import type { CoordinatorConfig } from './config/index.js';
import { CaController } from './http/ca.controller.js';
import { EgressController } from './http/egress.controller.js';
import { EventsController } from './http/events.controller.js';
import { InboxController } from './http/inbox.controller.js';
import { ApiDescription } from './http/open-api.js';
import { LedgersController } from './http/ledgers.controller.js';
import { ProblemsController } from './http/problems.controller.js';
import { OperationsController } from './http/operations.controller.js';
import { RosterController, SitesController } from './http/sites.controller.js';
import { StudyReadingController } from './http/study-reading.controller.js';
import { StudiesController } from './http/studies.controller.js';
import { CONFIG, DATABASE, LOG } from './http/tokens.js';
import { LedgerMirror } from './ledgers/index.js';
import { READING_PARTS } from './reading-parts.js';
import { CaChange, SiteDirectory, TransportTrust } from './sites/index.js';
import type { Database } from './storage/index.js';
import { Listening, Metrics, Readiness } from './telemetry/index.js';

/** What stands before the application does: opened, checked and closed by whoever starts the coordinator. */
export interface Foundation {
  readonly config: CoordinatorConfig;
  readonly log: Logger;
  readonly db: Database;
  readonly sites: SiteDirectory;
  readonly trust: TransportTrust;
  readonly caChange: CaChange;
  readonly mirror: LedgerMirror;
  readonly metrics: Metrics;
  readonly listening: Listening;
  readonly readiness: Readiness;
}

@Module({})
export class AppModule {
  /**
   * @param parts - what carries the studies: a provider of `StudyDesk`, and all that stands behind it (engine, rounds,
   *   aggregation, gRPC server). They may inject everything of the foundation, and start and stop with Nest's lifecycle
   *   hooks.
   */
  static with(foundation: Foundation, parts: readonly Provider[]): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        OperationsController,
        ProblemsController,
        SitesController,
        RosterController,
        CaController,
        // Before the one whose :id would take its names.
        StudyReadingController,
        StudiesController,
        LedgersController,
        InboxController,
        EgressController,
        EventsController,
      ],
      providers: [
        { provide: CONFIG, useValue: foundation.config },
        { provide: LOG, useValue: foundation.log },
        { provide: DATABASE, useValue: foundation.db },
        { provide: TransportTrust, useValue: foundation.trust },
        { provide: CaChange, useValue: foundation.caChange },
        { provide: LedgerMirror, useValue: foundation.mirror },
        { provide: SiteDirectory, useValue: foundation.sites },
        { provide: Metrics, useValue: foundation.metrics },
        { provide: Listening, useValue: foundation.listening },
        { provide: Readiness, useValue: foundation.readiness },
        ApiDescription,
        ...READING_PARTS,
        ...parts,
      ],
    };
  }
}
