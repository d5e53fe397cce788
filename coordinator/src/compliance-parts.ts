import type { Provider, Type } from '@nestjs/common';
import { BudgetBook, LooseningDesk, Tightenings } from './budgets/index.js';
import { BudgetsController } from './http/budgets.controller.js';
import { DATABASE } from './http/tokens.js';
import { LedgerMirror } from './ledgers/index.js';
import type { Database } from './storage/index.js';

const now = () => new Date();

/** What compliance officers work with. */
export const COMPLIANCE_CONTROLLERS: readonly Type[] = [BudgetsController];

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
];
