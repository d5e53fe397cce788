/** The chain of rosters that this site has followed, and what it signed of it. */
export const ROSTER_TABLES: readonly string[] = [
  'ALTER TABLE membership DROP COLUMN roster',
  'DROP TABLE IF EXISTS study_member',
  `CREATE TABLE roster (
    epoch INTEGER PRIMARY KEY,
    roster BLOB NOT NULL,
    received_at TEXT NOT NULL
  ) STRICT`,
  // After a person has compared the words; the newest one says whose keys count here.
  `CREATE TABLE countersignature (
    epoch INTEGER PRIMARY KEY REFERENCES roster (epoch),
    signature BLOB NOT NULL,
    signed_at TEXT NOT NULL,
    sent_at TEXT
  ) STRICT`,
  // Which roster holds in a study: fixed when this site first works in it.
  `CREATE TABLE study_roster (
    study TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL
  ) STRICT`,
];
