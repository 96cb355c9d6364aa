extension Schema {
  static let artefacts = """
    CREATE TABLE artefact (
      -- Copies that this router has put into its store.
      name    TEXT PRIMARY KEY,  -- SHA-256 of the bytes, and the extension of their type
      bytes   INTEGER NOT NULL,
      kept    INTEGER NOT NULL,  -- when it was last copied in
      leaving INTEGER NOT NULL   -- 1: its removal was begun
    ) STRICT;
    CREATE INDEX artefact_kept ON artefact(kept);

    CREATE TABLE artefact_use (
      -- Who refers to it.
      artefact TEXT NOT NULL, -- artefact.name
      holder   TEXT NOT NULL, -- job:ID or cache:KEY
      PRIMARY KEY (artefact, holder)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX artefact_use_holder ON artefact_use(holder);

    CREATE TABLE artefact_key (
      -- What links to artefacts are signed with.
      id      BLOB PRIMARY KEY,
      key     BLOB NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER
    ) STRICT;

    -- What jobs made before there was an account of it.
    CREATE TEMP TABLE copied AS
      SELECT lower(substr(hex(job.id), 1, 8) || '-' || substr(hex(job.id), 9, 4) || '-' || substr(hex(job.id), 13, 4)
               || '-' || substr(hex(job.id), 17, 4) || '-' || substr(hex(job.id), 21)) AS job,
             substr(file.value ->> '$.url', instr(file.value ->> '$.url', '/v1/artefacts/') + 14) AS name,
             coalesce(file.value ->> '$.bytes', 0) AS bytes,
             coalesce(job.ended, job.json ->> '$.created') AS kept
      FROM job, json_each(job.json, '$.result.artefacts') AS file
      WHERE file.value ->> '$.copied' AND instr(file.value ->> '$.url', '/v1/artefacts/') > 0;
    INSERT INTO artefact SELECT name, max(bytes), max(kept), 0 FROM copied GROUP BY name;
    INSERT OR IGNORE INTO artefact_use SELECT name, 'job:' || job FROM copied;
    DROP TABLE copied;
    """

  static let cache = """
    CREATE TABLE cached_answer (
      -- Results of jobs that later ones may be answered with.
      key        TEXT PRIMARY KEY, -- SHA-256 of what makes two orders the same
      kin        TEXT NOT NULL,    -- the same without the prompt
      label      TEXT NOT NULL,    -- capability:candidate:prompt, for patterns
      capability TEXT NOT NULL,
      candidate  TEXT NOT NULL,    -- that delivered
      provider   TEXT NOT NULL,
      model      TEXT NOT NULL,
      tenant     TEXT,
      job        BLOB NOT NULL,    -- job.id
      decision   BLOB NOT NULL,    -- decision.id
      cost       INTEGER NOT NULL, -- what it cost then
      result     TEXT NOT NULL,    -- JSON
      vector     BLOB,             -- of the prompt; NULL where it is found by its key alone
      bytes      INTEGER NOT NULL,
      created    INTEGER NOT NULL,
      expires    INTEGER NOT NULL,
      used       INTEGER NOT NULL, -- when it last answered, or was kept
      uses       INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX cached_answer_kin ON cached_answer(kin, created) WHERE vector IS NOT NULL;
    CREATE INDEX cached_answer_expires ON cached_answer(expires);
    CREATE INDEX cached_answer_used ON cached_answer(used);
    CREATE INDEX cached_answer_uses ON cached_answer(uses, used);
    CREATE INDEX cached_answer_provider ON cached_answer(provider, model);
    """
}
