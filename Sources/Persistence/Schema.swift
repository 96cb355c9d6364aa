import GRDB

/// The tables. Comments inside the statements stay in the file, where `.schema` shows them.
///
/// Instants are microseconds since 1970-01-01T00:00:00Z (`datetime(at / 1e6, 'unixepoch')`); spans are microseconds;
/// money is millionths of a dollar. A migration that was released is never changed; a change is a new migration.
enum Schema {
  /// "PMLG": what `file` and other programs recognise the database by.
  static let applicationID = 0x504D_4C47

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("v1") { db in
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: log)
      try db.execute(sql: versions)
      try db.execute(sql: epochs)
    }
    migrator.registerMigration("v2") { try $0.execute(sql: jobs) }
    migrator.registerMigration("v3") { try $0.execute(sql: deliveries) }
    migrator.registerMigration("v4") { try $0.execute(sql: recipes) }
    migrator.registerMigration("v5") { try $0.execute(sql: credits) }
    migrator.registerMigration("v6") { db in
      try db.execute(sql: artefacts)
      try db.execute(sql: cache)
    }
    migrator.registerMigration("v7") { try $0.execute(sql: tenants) }
    migrator.registerMigration("v8") { try $0.execute(sql: residuals) }
    return migrator
  }

  private static let log = """
    CREATE TABLE decision (
      -- One row per decision, never changed. With the state of its epoch it can be made again, bit for bit.
      seq         INTEGER PRIMARY KEY,
      id          BLOB NOT NULL UNIQUE, -- UUIDv7, 16 bytes
      epoch       INTEGER NOT NULL,     -- the epoch whose state decided
      decided     INTEGER NOT NULL,
      capability  INTEGER NOT NULL,     -- position in the list that GET /v1/catalogue gives, from 0
      text        TEXT,                 -- NULL when the caller sent an embedding only
      constraints TEXT,                 -- JSON; NULL for none
      work        TEXT,                 -- JSON; NULL when the caller stated none
      cost_weight REAL NOT NULL,
      explore     INTEGER NOT NULL,     -- whether it might be explored on
      session     TEXT,
      map         INTEGER NOT NULL,     -- version of the region map that placed it
      region_row  INTEGER NOT NULL,     -- the region's row in that map; the last row is none
      similarity  REAL NOT NULL,
      eligible    BLOB NOT NULL,        -- bit set of roster positions, lowest byte first, without the zero bytes at its end
      chosen      INTEGER NOT NULL,     -- roll.ordinal
      reason      INTEGER NOT NULL,     -- 0 exploit, 1 explore, 2 holdout, 3 fixed, 4 sticky
      propensity  REAL NOT NULL,        -- probability with which the chosen one was to be chosen
      shadow      INTEGER,              -- roll.ordinal of what the policy would have chosen, while it only observes
      sticky      INTEGER,              -- roll.ordinal of the session's candidate
      turn        INTEGER NOT NULL      -- counter of rotating policies
    ) STRICT;
    CREATE INDEX decision_decided ON decision(decided);

    CREATE TABLE embedding (
      -- What a decision was placed by, until it is forgotten.
      decision INTEGER PRIMARY KEY REFERENCES decision(seq),
      vector   BLOB NOT NULL -- a little-endian float s, then one signed byte c per dimension: x = s * c
    ) STRICT;

    CREATE TABLE kept_row (
      -- Where a decision lay when its embedding was forgotten.
      decision INTEGER PRIMARY KEY REFERENCES decision(seq),
      map        INTEGER NOT NULL,
      region_row INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE judgement (
      -- What was said about a decision: signals, reports of executors, corrections and revocations. Never changed.
      seq        INTEGER PRIMARY KEY,
      origin     INTEGER NOT NULL, -- seq of the first row of this id and half: what this row corrects
      decision   INTEGER NOT NULL REFERENCES decision(seq),
      half       INTEGER NOT NULL, -- 0 the decision that the sender named, 1 the other one of a comparison
      id         TEXT NOT NULL,    -- the sender's
      kind       INTEGER,          -- 0 user.thumb, 1 user.rating, 2 user.ticket, 3 user.download, 4 user.view,
                                   -- 5 user.regenerate, 6 review.agent, 7 reputation.erc8004, 8 comparison,
                                   -- 9 outcome.bad_output, 10 score; NULL when it brings no reward
      reward     REAL NOT NULL,    -- of the decision of this row, 0 to 1
      trust      REAL NOT NULL,
      rater      TEXT,
      rater_hash INTEGER,          -- FNV-1a of the rater, as a signed number
      at         INTEGER NOT NULL, -- by the sender's clock; of one origin the latest counts
      received   INTEGER NOT NULL,
      revocation INTEGER NOT NULL, -- 1: the reward under this origin is taken back
      executed   INTEGER,          -- roll.ordinal of the candidate that did the work, in reports of executors
      state      TEXT,             -- how the execution ended, in reports of executors
      latency    INTEGER,
      cost       INTEGER,
      other      BLOB,             -- decision.id of the other half of a comparison; in half 1, of the one named first
      value      ANY,              -- as the sender wrote it
      comment    TEXT
    ) STRICT;
    CREATE INDEX judgement_id ON judgement(id);
    CREATE INDEX judgement_decision ON judgement(decision); -- and by seq, as every index

    CREATE TABLE parked (
      -- What was said about decisions that are not known yet. Columns as in judgement.
      seq      INTEGER PRIMARY KEY,
      about    BLOB NOT NULL, -- decision.id that this half waits for
      half     INTEGER NOT NULL,
      id       TEXT NOT NULL,
      kind     INTEGER,
      reward   REAL NOT NULL,
      trust    REAL NOT NULL,
      rater    TEXT,
      at       INTEGER NOT NULL,
      received INTEGER NOT NULL,
      executed INTEGER,
      state    TEXT,
      latency  INTEGER,
      cost     INTEGER,
      other    BLOB,
      value    ANY,
      comment  TEXT
    ) STRICT;
    CREATE INDEX parked_about ON parked(about);
    CREATE INDEX parked_id ON parked(id);

    CREATE TABLE answer (
      -- Answers given under a caller's idempotency key.
      key      TEXT PRIMARY KEY,
      digest   BLOB NOT NULL, -- SHA-256 of the request's body
      decision BLOB NOT NULL, -- decision.id
      body     BLOB NOT NULL,
      at       INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX answer_at ON answer(at);
    """

  private static let versions = """
    CREATE TABLE catalogue (
      -- Every catalogue that was loaded.
      version INTEGER PRIMARY KEY,
      at      INTEGER NOT NULL,
      json    TEXT NOT NULL
    ) STRICT;

    CREATE TABLE roll (
      -- Candidates in the order of their first appearance; an ordinal never changes its meaning.
      ordinal INTEGER PRIMARY KEY,
      id      TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE governance (
      -- Every change of settings; json holds all settings after it.
      version INTEGER PRIMARY KEY,
      at      INTEGER NOT NULL,
      author  TEXT NOT NULL,
      reason  TEXT NOT NULL,
      json    TEXT NOT NULL
    ) STRICT;

    CREATE TABLE plan (
      -- Every region map.
      version INTEGER PRIMARY KEY,
      at      INTEGER NOT NULL,
      json    TEXT NOT NULL
    ) STRICT;
    """

  private static let jobs = """
    ALTER TABLE catalogue ADD COLUMN origin TEXT NOT NULL DEFAULT 'file'; -- who brought it: file, request, router

    CREATE TABLE job (
      -- Work as it stands now; the only table besides `counted` whose rows are replaced.
      id       BLOB PRIMARY KEY, -- UUIDv7, 16 bytes
      decision BLOB NOT NULL,    -- decision.id
      state    TEXT NOT NULL,
      revision INTEGER NOT NULL, -- counts the changes
      ended    INTEGER,
      input    TEXT NOT NULL,    -- job_input.reference
      json     TEXT NOT NULL     -- all of it
    ) STRICT;
    CREATE INDEX job_decision ON job(decision);
    CREATE INDEX job_uses ON job(input);
    CREATE INDEX job_open ON job(id) WHERE ended IS NULL;
    CREATE INDEX job_over ON job(state, id) WHERE ended IS NOT NULL;
    CREATE INDEX job_ended ON job(ended) WHERE ended IS NOT NULL;

    CREATE TABLE job_input (
      -- What jobs were given to work on.
      reference TEXT PRIMARY KEY, -- SHA-256 of the body
      body      BLOB NOT NULL
    ) STRICT;

    CREATE TABLE job_event (
      -- What happened to a job, as its caller is told.
      job    BLOB NOT NULL,    -- job.id
      number INTEGER NOT NULL, -- from 1, without gaps
      at     INTEGER NOT NULL,
      kind   TEXT NOT NULL,
      detail TEXT NOT NULL,    -- JSON
      PRIMARY KEY (job, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE vendor_job (
      -- Which attempt a vendor means by its own name for it.
      provider  TEXT NOT NULL,
      vendor_id TEXT NOT NULL,
      job       BLOB NOT NULL,    -- job.id
      attempt   INTEGER NOT NULL, -- position in the job's attempts
      PRIMARY KEY (provider, vendor_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX vendor_job_job ON vendor_job(job);

    CREATE TABLE health_check (
      -- How providers answered when they were asked how they are.
      seq         INTEGER PRIMARY KEY,
      provider    TEXT NOT NULL,
      at          INTEGER NOT NULL,
      latency     INTEGER NOT NULL,
      state       TEXT NOT NULL, -- what was concluded: healthy, degraded, down
      class       TEXT,          -- of the failure; NULL when it answered as it should
      cause       TEXT,
      http_status INTEGER,
      code        TEXT,          -- the vendor's own
      message     TEXT,
      retry_after INTEGER,
      scope       TEXT           -- whose circuit it concerns: candidate, provider; NULL where the class tells
    ) STRICT;
    CREATE INDEX health_check_provider ON health_check(provider, seq);
    CREATE INDEX health_check_at ON health_check(at);
    """

  private static let epochs = """
    CREATE TABLE epoch (
      -- Closed epochs.
      number             INTEGER PRIMARY KEY,
      opened             INTEGER NOT NULL,
      closed             INTEGER NOT NULL,
      through_decisions  INTEGER NOT NULL, -- decision.seq of the last that belongs to it
      through_judgements INTEGER NOT NULL, -- judgement.seq of the last that belongs to it
      governance         INTEGER NOT NULL, -- version in force while it was open
      decisions          INTEGER NOT NULL,
      explored           INTEGER NOT NULL,
      observations       REAL NOT NULL,
      mean_reward        REAL,             -- NULL without observations
      restated           INTEGER NOT NULL, -- earlier epochs that corrections changed
      orphaned           INTEGER NOT NULL  -- judgements that waited for a decision in vain
    ) STRICT;

    CREATE TABLE epoch_state (
      -- The state with which an epoch began, and the versions in force during it.
      epoch      INTEGER PRIMARY KEY,
      opened     INTEGER NOT NULL,
      catalogue  INTEGER NOT NULL,
      governance INTEGER NOT NULL,
      map        INTEGER NOT NULL,
      learned    BLOB NOT NULL
    ) STRICT;

    CREATE TABLE counted (
      -- What counted in an epoch: derived from the tables above, and the only table whose rows are replaced.
      epoch   INTEGER PRIMARY KEY,
      tallies BLOB NOT NULL, -- cell, rater, mass, sum: four little-endian 64-bit words each
      sums    BLOB NOT NULL  -- cell, mass, sum: likewise, the latter two as floating-point numbers
    ) STRICT;
    """
}
