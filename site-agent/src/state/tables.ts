/** Who this site is, which studies it has seen, what its officers decided, and what went wrong. */
export const BASE_TABLES: readonly string[] = [
  `CREATE TABLE membership (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    consortium TEXT NOT NULL,
    site TEXT NOT NULL,
    coordinator TEXT NOT NULL,
    ca_pem TEXT NOT NULL,
    certificate_pem TEXT NOT NULL,
    roster TEXT NOT NULL,
    joined_at TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE study (
    hash TEXT PRIMARY KEY,
    specification BLOB NOT NULL,
    received_at TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE approval (
    study TEXT PRIMARY KEY REFERENCES study (hash),
    decision TEXT NOT NULL CHECK (decision IN ('approve', 'withdraw')),
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    decided_at TEXT NOT NULL,
    sent_at TEXT
  ) STRICT`,
  `CREATE TABLE vote (
    study TEXT PRIMARY KEY REFERENCES study (hash),
    vote TEXT NOT NULL CHECK (vote IN ('yes', 'no')),
    decided_at TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    study TEXT,
    round INTEGER,
    code TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT`,
];
