import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { COMPLIANCE_CONTROLLERS, COMPLIANCE_PARTS } from './compliance-parts.js';
import type { CoordinatorConfig } from './config/index.js';
import { Access } from './access/index.js';
import { AccountsController } from './http/accounts.controller.js';
import { ApiTokensController } from './http/api-tokens.controller.js';
import { AuditController } from './http/audit.controller.js';
import { CaController } from './http/ca.controller.js';
import { EgressController } from './http/egress.controller.js';
import { EventsController } from './http/events.controller.js';
import { InboxController } from './http/inbox.controller.js';
import { ApiDescription } from './http/open-api.js';
import { LedgersController } from './http/ledgers.controller.js';
import { ProblemsController } from './http/problems.controller.js';
import { OperationsController } from './http/operations.controller.js';
import { RemindersController } from './http/reminders.controller.js';
import { ProviderController } from './http/provider.controller.js';
import { SessionController } from './http/session.controller.js';
import { SetupController } from './http/setup.controller.js';
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
  readonly access: Access;
  readonly sites: SiteDirectory;
  readonly trust: TransportTrust;
  readonly caChange: CaChange;
  readonly mirror: LedgerMirror;
  readonly metrics: Metrics;
  readonly listening: Listening;
  readonly readiness: Readiness;
}

/** Every controller of the API: the permission table and the tests of it go through this list. */
export const CONTROLLERS = [
  OperationsController,
  ProblemsController,
  SetupController,
  ProviderController,
  SessionController,
  AccountsController,
  ApiTokensController,
  AuditController,
  SitesController,
  RosterController,
  CaController,
  // Before the one whose :id would take its names.
  StudyReadingController,
  StudiesController,
  RemindersController,
  LedgersController,
  InboxController,
  EgressController,
  EventsController,
  ...COMPLIANCE_CONTROLLERS,
] as const;

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
      controllers: [...CONTROLLERS],
      providers: [
        { provide: CONFIG, useValue: foundation.config },
        { provide: LOG, useValue: foundation.log },
        { provide: DATABASE, useValue: foundation.db },
        { provide: Access, useValue: foundation.access },
        { provide: TransportTrust, useValue: foundation.trust },
        { provide: CaChange, useValue: foundation.caChange },
        { provide: LedgerMirror, useValue: foundation.mirror },
        { provide: SiteDirectory, useValue: foundation.sites },
        { provide: Metrics, useValue: foundation.metrics },
        { provide: Listening, useValue: foundation.listening },
        { provide: Readiness, useValue: foundation.readiness },
        ApiDescription,
        ...COMPLIANCE_PARTS,
        ...READING_PARTS,
        ...parts,
      ],
    };
  }
}
