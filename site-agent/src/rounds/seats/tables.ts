/** The tables of seats and attempts, one SQL statement each; the state's migrations run them. */
export const SEAT_TABLES: readonly string[] = [
  // A block of seats. The messages stay as they came, so that what was checked once is what is used later.
  `CREATE TABLE study_block (
    study TEXT NOT NULL,
    key_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    seats INTEGER NOT NULL,
    -- U1 as this site shared over it, and what it sent then, until it holds those of the others.
    members BLOB,
    own_bundle BLOB,
    own_share BLOB,
    -- U1 and U2, once it does.
    held BLOB,
    PRIMARY KEY (study, key_epoch, block)
  ) STRICT`,
  // This site's secrets of one seat: gone when its round is done or the seat is dead.
  `CREATE TABLE study_seat (
    study TEXT NOT NULL,
    key_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    round_key BLOB NOT NULL,
    self_secret BLOB NOT NULL,
    PRIMARY KEY (study, key_epoch, block, seat)
  ) STRICT`,
  // This site's shares of everybody's secrets of one seat, in the order of U2.
  `CREATE TABLE study_share (
    study TEXT NOT NULL,
    key_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    shares BLOB NOT NULL,
    PRIMARY KEY (study, key_epoch, block, seat)
  ) STRICT`,
  // Which seat an attempt uses, which list and which fold this site signed for it: each once, and never another.
  `CREATE TABLE study_attempt (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    list_root TEXT,
    fold_sha256 TEXT,
    PRIMARY KEY (study, round, attempt),
    UNIQUE (study, key_epoch, block, seat)
  ) STRICT`,
  // Shares that this site has released; the message until its round is done.
  `CREATE TABLE study_release (
    study TEXT NOT NULL,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    state_digest TEXT NOT NULL,
    kinds TEXT NOT NULL,
    contributors TEXT NOT NULL,
    message BLOB,
    PRIMARY KEY (study, round, attempt)
  ) STRICT`,
];

/** Of a large block: this site's part of the graph's seed, and the U1 that it was shown to. */
export const MASK_GRAPH_COLUMNS: readonly string[] = [
  'ALTER TABLE study_block ADD COLUMN seed_part BLOB',
  'ALTER TABLE study_block ADD COLUMN revealed BLOB',
];

/** Of a block of a private study: by site, the rounds whose price it has proved to have reserved; JSON. */
export const RESERVE_COLUMNS: readonly string[] = ['ALTER TABLE study_block ADD COLUMN reserves TEXT'];
