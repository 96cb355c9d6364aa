import Foundation
import GRDB
public import Routing
public import Serving
import Vectors

extension SQLiteLedger {
  public func append(_ batch: LedgerBatch) throws -> [Receipt] {
    // Quantised and encoded before the transaction: it should be over soon.
    var breaks = Breaks()
    let vectors = batch.embeddings.map { embedding in
      breaks.step()
      return embedding.map { QuantisedVector($0).bytes }
    }
    return try write { db in
      let new = try SQLiteLedger.insert(batch.decisions, vectors, db)
      var feedback = try FeedbackTables(db, roll(db))
      try feedback.join(new)
      let receipts = try batch.judgements.map { judgement in
        breaks.step()
        return try feedback.admit(judgement)
      }
      for answer in batch.answers {
        try db.run(
          "INSERT INTO answer VALUES (CAST(? AS TEXT), ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
          [
            StoredText.value(answer.key), Data(answer.digest), Data(answer.decision), Data(answer.body),
            answer.at.microseconds,
          ])
      }
      for record in batch.kept { try SQLiteLedger.store(record, db) }
      for change in batch.jobs { try SQLiteLedger.store(change, db) }
      for answer in batch.cached { try SQLiteLedger.store(answer, db) }
      for hit in batch.cacheHits { try SQLiteLedger.store(hit, db) }
      for check in batch.checks { try SQLiteLedger.store(check, db) }
      for change in batch.deliveries { try SQLiteLedger.store(change, db) }
      for change in batch.generations { try SQLiteLedger.store(change, db) }
      for change in batch.credits { try SQLiteLedger.store(change, db) }
      return receipts
    }
  }

  /// - Returns: those that were not there before.
  private static func insert(
    _ decisions: [Decision], _ vectors: [[UInt8]?], _ db: Database
  ) throws -> [(id: Identifier, sequence: Int64)] {
    guard !decisions.isEmpty else { return [] }
    var last = try db.first("SELECT MAX(seq) FROM decision") { $0[0] as Int64? ?? 0 } ?? 0
    var new: [(id: Identifier, sequence: Int64)] = []
    new.reserveCapacity(decisions.count)
    let row = try BoundStatement(DecisionColumns.insert, db)
    let embedding = try BoundStatement("INSERT INTO embedding VALUES (?, ?)", db)
    var breaks = Breaks()
    for (position, decision) in decisions.enumerated() {
      breaks.step()
      try DecisionColumns.bind(last + 1, decision, to: row)
      try row.run()
      guard db.changesCount > 0 else {
        let before = try db.first(
          "SELECT \(DecisionColumns.names) FROM decision d WHERE d.id = ?", [Data(decision.id)],
          DecisionColumns.decode)
        guard before?.decision == decision else { throw LedgerConflict.otherDecision(decision.id) }
        continue
      }
      last += 1
      new.append((decision.id, last))
      if position < vectors.count, let vector = vectors[position] {
        embedding.bind(last)
        embedding.bind(vector)
        try embedding.run()
      }
    }
    return new
  }

  public func dropParked(before: Instant) throws -> Int {
    try write { db in
      try db.run("DELETE FROM parked WHERE received < ?", [before.microseconds])
      return db.changesCount
    }
  }

  public func dropAnswers(before: Instant) throws {
    try write { try $0.run("DELETE FROM answer WHERE at < ?", [before.microseconds]) }
  }

  /// In steps, so that writers wait for none of them long.
  ///
  /// Decisions are recorded nearly in the order of time: after a whole step of younger ones the rest can wait for the
  /// next call.
  public func forgetEmbeddings(before: Instant, map: RegionMap) throws {
    let step = 2_000
    var after: Int64 = 0
    while true {
      let found = try write { db -> (last: Int64?, forgotten: Int) in
        var last: Int64?
        var forgotten: [Int64] = []
        let rows = try db.rows(
          """
          SELECT d.seq, d.decided, d.capability, d.map, d.region_row, e.vector
          FROM embedding e JOIN decision d ON d.seq = e.decision WHERE e.decision > ? ORDER BY e.decision LIMIT ?
          """, [after, step])
        while let row = try rows.next() {
          let sequence: Int64 = row[0]
          last = sequence
          let decided: Int64 = row[1]
          guard decided < before.microseconds else { continue }
          forgotten.append(sequence)
          let recorded: Int = row[3]
          if recorded != map.version {
            let place = try map.row(
              try DecisionColumns.capability(row, 2), recorded: (recorded, row[4]),
              embedding: { try DecisionColumns.embedding(row, 5) }, kept: { nil })
            try db.run("INSERT INTO kept_row VALUES (?, ?, ?)", [sequence, map.version, place])
          }
        }
        for sequence in forgotten { try db.run("DELETE FROM embedding WHERE decision = ?", [sequence]) }
        return (last, forgotten.count)
      }
      guard let last = found.last, found.forgotten > 0 else { return }
      after = last
    }
  }
}
