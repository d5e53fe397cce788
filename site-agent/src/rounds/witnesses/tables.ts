/** The tables of what sites have seen from each other, one SQL statement each; the state's migrations run them. */
export const WITNESS_TABLES: readonly string[] = [
  // The last thing that this site has seen from another one, so that it can say so when that one has lost its memory.
  `CREATE TABLE study_heard (
    study TEXT NOT NULL,
    site TEXT NOT NULL,
    block INTEGER,
    round INTEGER,
    attempt INTEGER,
    step INTEGER,
    PRIMARY KEY (study, site)
  ) STRICT`,
  // This site's state was restored: it takes no part in rounds and blocks up to these.
  `CREATE TABLE study_restored (
    study TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    round INTEGER NOT NULL
  ) STRICT`,
];
