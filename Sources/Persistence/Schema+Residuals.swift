extension Schema {
  static let residuals = """
    ALTER TABLE decision ADD COLUMN preferred INTEGER; -- roll.ordinal of whom the intent's own direction preferred to
                                                       -- the first of its region; NULL where it preferred that one

    CREATE TABLE residual (
      -- What intents' own directions say beyond their regions: fitted now and then, in force from an epoch on.
      epoch      INTEGER NOT NULL, -- the first that it is in force in
      capability INTEGER NOT NULL, -- as in decision
      model      BLOB NOT NULL,    -- D, candidates, whether there is a mean (after the format, 1: four 32-bit words);
                                   -- observations, confidence; the mean; an ordinal and D weights for each candidate;
                                   -- a checksum. Little-endian, numbers as floating-point ones.
      PRIMARY KEY (capability, epoch)
    ) STRICT, WITHOUT ROWID;
    """
}
