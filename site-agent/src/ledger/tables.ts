/** What the agent remembers of its ledgers besides the files themselves. */
export const LEDGER_TABLES: readonly string[] = [
  // Entries before `size` were fetched back from others once: what was uploaded under them this site may have forgotten.
  `CREATE TABLE ledger_recovered (
    population TEXT PRIMARY KEY,
    size INTEGER NOT NULL
  ) STRICT`,
];

/** What people have decided on a ledger, in their order; its one writer enters them. */
export const LEDGER_DECISION_TABLES: readonly string[] = [
  `CREATE TABLE ledger_decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    population TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    outcome TEXT CHECK (outcome IN ('entered', 'refused')),
    detail TEXT
  ) STRICT`,
  'CREATE INDEX ledger_decision_waiting ON ledger_decision (population, id) WHERE outcome IS NULL',
];
