import type { Provider, Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { Access } from './access/index.js';
import { BudgetBook, LooseningDesk, Tightenings } from './budgets/index.js';
import type { CoordinatorConfig } from './config/index.js';
import { BudgetsController } from './http/budgets.controller.js';
import { ReportsController } from './http/reports.controller.js';
import { SettingsController } from './http/settings.controller.js';
import { CONFIG, DATABASE, LOG } from './http/tokens.js';
import { LedgerMirror } from './ledgers/index.js';
import { Dispatcher, Notices, Webhooks } from './notices/index.js';
import { ReportDesk } from './reports/index.js';
import { SiteDirectory } from './sites/index.js';
import type { Database } from './storage/index.js';
import { Listening } from './telemetry/index.js';

const now = () => new Date();

/** What compliance officers work with. */
export const COMPLIANCE_CONTROLLERS: readonly Type[] = [BudgetsController, ReportsController, SettingsController];

export const COMPLIANCE_PARTS: readonly Provider[] = [
  {
    provide: Tightenings,
    useFactory: (db: Database, mirror: LedgerMirror) => new Tightenings({ db, mirror, now }),
    inject: [DATABASE, LedgerMirror],
  },
  {
    provide: LooseningDesk,
    useFactory: (db: Database, mirror: LedgerMirror) => new LooseningDesk({ db, mirror, now }),
    inject: [DATABASE, LedgerMirror],
  },
  {
    provide: BudgetBook,
    useFactory: (db: Database, mirror: LedgerMirror, tightenings: Tightenings) => new BudgetBook({ db, mirror, tightenings, now }),
    inject: [DATABASE, LedgerMirror, Tightenings],
  },
  {
    provide: ReportDesk,
    useFactory: (config: CoordinatorConfig, db: Database, mirror: LedgerMirror, book: BudgetBook) =>
      new ReportDesk({ db, consortium: config.consortium, mirror, book, now }),
    inject: [CONFIG, DATABASE, LedgerMirror, BudgetBook],
  },
  { provide: Webhooks, useFactory: (db: Database, { secrets }: Access) => new Webhooks(db, secrets, now), inject: [DATABASE, Access] },
  {
    provide: Dispatcher,
    useFactory: (config: CoordinatorConfig, log: Logger, db: Database, listening: Listening, { secrets }: Access) => {
      const consoleUrl = () => config.notices.consoleUrl ?? `http://127.0.0.1:${listening.httpPort ?? config.http.port}`;
      return new Dispatcher({ db, secrets, consortium: config.consortium, smtp: config.notices.smtp, consoleUrl, now, log });
    },
    inject: [CONFIG, LOG, DATABASE, Listening, Access],
  },
  {
    provide: Notices,
    useFactory: (
      log: Logger,
      db: Database,
      mirror: LedgerMirror,
      sites: SiteDirectory,
      dispatcher: Dispatcher,
      tightenings: Tightenings,
      loosening: LooseningDesk,
    ) => {
      const notices = new Notices({ db, mirror, sites, dispatcher, now, log });
      tightenings.onAnswered(() => void notices.look());
      loosening.onAsked(() => void notices.look());
      return notices;
    },
    inject: [LOG, DATABASE, LedgerMirror, SiteDirectory, Dispatcher, Tightenings, LooseningDesk],
  },
];
