import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import type { CoordinatorConfig } from './config/index.js';
import { ApiDescription } from './http/open-api.js';
import { OperationsController } from './http/operations.controller.js';
import { SitesController } from './http/sites.controller.js';
import { StudiesController } from './http/studies.controller.js';
import { CONFIG, DATABASE, LOG, SERVER_IDENTITY } from './http/tokens.js';
import { SiteDirectory, type ServerIdentity } from './sites/index.js';
import type { Database } from './storage/index.js';
import { Listening, Metrics, Readiness } from './telemetry/index.js';

/** What stands before the application does: opened, checked and closed by whoever starts the coordinator. */
export interface Foundation {
  readonly config: CoordinatorConfig;
  readonly log: Logger;
  readonly db: Database;
  readonly sites: SiteDirectory;
  readonly serverIdentity: ServerIdentity;
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
      controllers: [OperationsController, SitesController, StudiesController],
      providers: [
        { provide: CONFIG, useValue: foundation.config },
        { provide: LOG, useValue: foundation.log },
        { provide: DATABASE, useValue: foundation.db },
        { provide: SERVER_IDENTITY, useValue: foundation.serverIdentity },
        { provide: SiteDirectory, useValue: foundation.sites },
        { provide: Metrics, useValue: foundation.metrics },
        { provide: Listening, useValue: foundation.listening },
        { provide: Readiness, useValue: foundation.readiness },
        ApiDescription,
        ...parts,
      ],
    };
  }
}
