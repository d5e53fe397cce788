/** What came to officers' decisions: why, and whether a study rests. */
export const DECISION_TABLES: readonly string[] = [
  // The officer's reason stays at the site.
  'ALTER TABLE approval ADD COLUMN reason TEXT',
  `CREATE TABLE pause (
    study TEXT PRIMARY KEY REFERENCES study (hash),
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    decided_at TEXT NOT NULL,
    sent_at TEXT
  ) STRICT`,
];
