extension Schema {
  static let credits = """
    CREATE TABLE credit_account (
      -- Accounts as they stand: derived from the postings, and changed in the same transaction.
      id      TEXT PRIMARY KEY, -- tenant:acme, pool:fal, revenue, …
      balance INTEGER NOT NULL, -- of all accounts together 0
      opened  INTEGER,          -- when the first grant came; NULL where none has
      entries INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE credit_entry (
      -- What happened to the books. Never changed, never dropped.
      seq  INTEGER PRIMARY KEY,
      key  TEXT NOT NULL UNIQUE, -- what it books; nothing is booked twice
      kind TEXT NOT NULL,        -- grant, reserve, settle, refund, cost
      job  BLOB,                 -- job.id
      at   INTEGER NOT NULL,
      note TEXT
    ) STRICT;
    CREATE INDEX credit_entry_job ON credit_entry(job) WHERE job IS NOT NULL;

    CREATE TABLE credit_posting (
      -- The lines of an entry: together 0.
      account TEXT NOT NULL,    -- credit_account.id
      entry   INTEGER NOT NULL, -- credit_entry.seq
      amount  INTEGER NOT NULL, -- what comes in; below 0, what goes out
      PRIMARY KEY (account, entry)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX credit_posting_entry ON credit_posting(entry);

    CREATE TABLE api_key (
      -- What callers open this router with.
      id      BLOB PRIMARY KEY,     -- UUIDv7, 16 bytes
      digest  BLOB NOT NULL UNIQUE, -- SHA-256 of the secret, which is kept nowhere
      name    TEXT,
      scopes  INTEGER NOT NULL,     -- 1 decide, 2 feedback, 4 execute, 8 admin
      tenant  TEXT,
      budget  INTEGER,              -- a day; NULL for no bound
      created INTEGER NOT NULL,
      revoked INTEGER
    ) STRICT;

    CREATE TABLE budget_use (
      -- What the jobs taken in under a key on a day have come to so far.
      key    BLOB NOT NULL,    -- api_key.id
      day    INTEGER NOT NULL, -- since 1970-01-01, UTC
      amount INTEGER NOT NULL,
      PRIMARY KEY (key, day)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX budget_use_day ON budget_use(day);
    """
}
