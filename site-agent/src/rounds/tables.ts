/** The tables of a study's rounds, one SQL statement each; the state's migrations run them. */
export const ROUND_TABLES: readonly string[] = [
  // The members' keys as they were when this site first used them in a study: they never change within it.
  `CREATE TABLE study_member (
    study TEXT NOT NULL,
    site TEXT NOT NULL,
    identity_key BLOB NOT NULL,
    sealing_key BLOB NOT NULL,
    PRIMARY KEY (study, site)
  ) STRICT`,
  // Fixed at the first use in a study (PROTOCOL.md section 9).
  `CREATE TABLE study_cohort (
    study TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
  ) STRICT`,
  // The state that this site holds after each round; its bytes are a file beside. Round 0 is the initial state.
  `CREATE TABLE study_state (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (study, round)
  ) STRICT`,
  // Written before the first byte of an upload leaves.
  `CREATE TABLE study_upload (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('sealed', 'whole', 'late')),
    PRIMARY KEY (study, round, attempt)
  ) STRICT`,
  // What this site answered about a round; SUM_CHECK in place of the HMAC says that it failed.
  `CREATE TABLE study_agreement (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    state_hmac TEXT NOT NULL,
    PRIMARY KEY (study, round, attempt)
  ) STRICT`,
  // Totals that this site signed, or will sign, until the coordinator has them.
  `CREATE TABLE study_metrics (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    contributors TEXT NOT NULL,
    statement BLOB NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)),
    PRIMARY KEY (study, round)
  ) STRICT`,
  // This site's own figures, which leave it only inside a sealed sum.
  `CREATE TABLE study_result (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (study, round)
  ) STRICT`,
  `CREATE TABLE study_end (
    study TEXT PRIMARY KEY,
    outcome TEXT NOT NULL
  ) STRICT`,
];

/** Promises about rounds that ended without a sum. */
export const ABORT_TABLES: readonly string[] = [
  // Rounds that this site signed never to release; written before the signature is made, and for ever.
  `CREATE TABLE study_abort (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    PRIMARY KEY (study, round)
  ) STRICT`,
];
