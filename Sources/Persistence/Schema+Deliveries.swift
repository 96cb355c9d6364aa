extension Schema {
  static let deliveries = """
    CREATE TABLE delivery (
      -- The end of a job on its way to its customer, as it stands now.
      id           BLOB PRIMARY KEY, -- UUIDv7, 16 bytes: of the event, the same in every attempt
      job          BLOB NOT NULL,    -- job.id
      tenant       TEXT,             -- whose callback_secret signs it
      event        TEXT NOT NULL,    -- such as job.succeeded
      url          TEXT NOT NULL,
      receiver     TEXT NOT NULL,    -- scheme, host and port of the url
      created      INTEGER NOT NULL,
      state        TEXT NOT NULL,    -- pending, delivered, dead
      attempts     INTEGER NOT NULL, -- in all
      tries        INTEGER NOT NULL, -- since it was made, or taken out of the dead letters
      due          INTEGER,          -- when it is tried next; NULL unless pending
      ended        INTEGER,
      last_status  INTEGER,
      last_failure TEXT,
      revision     INTEGER NOT NULL  -- counts the changes
    ) STRICT;
    CREATE INDEX delivery_job ON delivery(job, id);
    CREATE INDEX delivery_state ON delivery(state, id);
    CREATE INDEX delivery_due ON delivery(due) WHERE due IS NOT NULL;
    CREATE INDEX delivery_receiver ON delivery(receiver, due, id) WHERE due IS NOT NULL;
    CREATE INDEX delivery_ended ON delivery(ended) WHERE ended IS NOT NULL;

    CREATE TABLE delivery_payload (
      -- What is sent, byte for byte.
      delivery BLOB PRIMARY KEY, -- delivery.id
      body     BLOB NOT NULL
    ) STRICT;

    CREATE TABLE delivery_attempt (
      -- Every attempt and its answer.
      delivery BLOB NOT NULL,    -- delivery.id
      number   INTEGER NOT NULL, -- from 1, without gaps
      started  INTEGER NOT NULL,
      ended    INTEGER NOT NULL,
      status   INTEGER,          -- NULL when there was no answer
      failure  TEXT,             -- NULL when it was delivered
      excerpt  BLOB NOT NULL,    -- how the answer's body begins, UTF-8
      wait     INTEGER,          -- what the receiver asked for
      PRIMARY KEY (delivery, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE callback_secret (
      -- What deliveries are signed with. In clear, because signing takes the key itself.
      id      BLOB PRIMARY KEY,
      tenant  TEXT,
      key     BLOB NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER
    ) STRICT;
    CREATE INDEX callback_secret_tenant ON callback_secret(tenant);
    """
}
