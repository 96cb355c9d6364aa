extension Schema {
  static let recipes = """
    CREATE TABLE recipe (
      -- What a capability means: every version a row, never changed.
      name       TEXT NOT NULL,
      version    INTEGER NOT NULL, -- from 1, without gaps
      origin     TEXT NOT NULL,    -- shipped, put
      author     TEXT NOT NULL,
      reason     TEXT NOT NULL,
      at         INTEGER NOT NULL,
      json       TEXT NOT NULL,
      PRIMARY KEY (name, version)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE recipe_choice (
      -- Which recipe serves a capability: the last row of a capability counts.
      seq        INTEGER PRIMARY KEY,
      capability TEXT NOT NULL,
      recipe     TEXT NOT NULL, -- recipe.name, or the capability for the built-in one
      author     TEXT NOT NULL,
      reason     TEXT NOT NULL,
      at         INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE generation (
      -- A recipe on its way, as it stands now. The ids of its jobs are in the JSON.
      id       BLOB PRIMARY KEY, -- UUIDv7, 16 bytes
      state    TEXT NOT NULL,    -- running, succeeded, rejected, failed, canceled, expired
      revision INTEGER NOT NULL, -- counts the changes
      ended    INTEGER,
      json     TEXT NOT NULL
    ) STRICT;
    CREATE INDEX generation_open ON generation(id) WHERE ended IS NULL;
    CREATE INDEX generation_state ON generation(state, id);
    CREATE INDEX generation_ended ON generation(ended) WHERE ended IS NOT NULL;

    CREATE TABLE generation_input (
      -- What was asked for: written once.
      generation BLOB PRIMARY KEY, -- generation.id
      body       TEXT NOT NULL
    ) STRICT;
    """
}
