/** What the agent remembers of its ledgers besides the files themselves. */
export const LEDGER_TABLES: readonly string[] = [
  // Entries before `size` were fetched back from others once: what was uploaded under them this site may have forgotten.
  `CREATE TABLE ledger_recovered (
    population TEXT PRIMARY KEY,
    size INTEGER NOT NULL
  ) STRICT`,
];
