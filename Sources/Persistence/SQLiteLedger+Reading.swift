import Foundation
import GRDB
public import Routing
public import Serving
public import Vectors

extension SQLiteLedger {
  public func decision(_ id: Identifier) throws -> Decision? {
    try readFirst("SELECT \(DecisionColumns.names) FROM decision d WHERE d.id = ?", [Data(id)]) {
      try DecisionColumns.decode($0).decision
    }
  }

  public func decisions(after: Int64, _ body: (Int64, Decision) throws -> Bool) throws {
    try read { db in
      let rows = try db.rows(
        "SELECT \(DecisionColumns.names) FROM decision d WHERE d.seq > ? ORDER BY d.seq", [after])
      while let row = try rows.next() {
        let (sequence, decision) = try DecisionColumns.decode(row)
        guard try body(sequence, decision) else { return }
      }
    }
  }

  private static let feedback = """
    SELECT j.seq, d.id, EXISTS (
        SELECT 1 FROM judgement x INDEXED BY judgement_id
        WHERE x.id = j.id AND x.origin = j.origin AND (x.at, x.seq) > (j.at, j.seq)
      ), \(FeedbackColumns.selected)
    FROM judgement j JOIN decision d ON d.seq = j.decision
    """

  public func feedback(about id: Identifier) throws -> [RecordedFeedback] {
    try read { db in
      let roll = try SQLiteLedger.roll(db)
      var result: [RecordedFeedback] = []
      let rows = try db.rows("\(SQLiteLedger.feedback) WHERE d.id = ? ORDER BY j.seq", [Data(id)])
      while let row = try rows.next() { result.append(try SQLiteLedger.feedback(row, roll)) }
      return result
    }
  }

  public func feedbackSubjects(of id: String) throws -> Set<Identifier> {
    try read { db in
      Set(try FeedbackTables(db, try SQLiteLedger.roll(db)).entries(under: id).map(\.about))
    }
  }

  public func feedback(after: Int64, _ body: (RecordedFeedback) throws -> Bool) throws {
    try read { db in
      let roll = try SQLiteLedger.roll(db)
      let rows = try db.rows("\(SQLiteLedger.feedback) WHERE j.seq > ? ORDER BY j.seq", [after])
      while let row = try rows.next() {
        guard try body(try SQLiteLedger.feedback(row, roll)) else { return }
      }
    }
  }

  private static func feedback(_ row: Row, _ roll: Roll) throws -> RecordedFeedback {
    let about = try DecisionColumns.identifier(row, 1)
    let (half, submission) = try FeedbackColumns.decode(row, from: 3, about: about, roll)
    return RecordedFeedback(
      sequence: row[0], submission: submission, isSuperseded: row[2], isOtherHalf: half == .other)
  }

  public func answer(key: String) throws -> Answer? {
    try readFirst(
      "SELECT digest, decision, body, at FROM answer WHERE key = CAST(? AS TEXT)", [StoredText.value(key)]
    ) { row in
      Answer(
        key: key, digest: [UInt8](row[0] as Data), decision: try DecisionColumns.identifier(row, 1),
        body: [UInt8](row[2] as Data), at: Instant(microseconds: row[3]))
    }
  }

  public func sessions(since: Instant) throws -> [SessionSeat] {
    try read { db in
      var seats: [SessionSeat] = []
      let rows = try db.rows(
        """
        SELECT session, capability, chosen, decided FROM (
          SELECT session, capability, chosen, decided,
            ROW_NUMBER() OVER (PARTITION BY session, capability ORDER BY decided DESC, seq DESC) AS place
          FROM decision WHERE decided >= ? AND session IS NOT NULL)
        WHERE place = 1 ORDER BY session, capability
        """, [since.microseconds])
      while let row = try rows.next() {
        seats.append(
          SessionSeat(
            session: try StoredText.read(row, 0) ?? "", capability: try DecisionColumns.capability(row, 1),
            ordinal: row[2],
            at: Instant(microseconds: row[3])))
      }
      return seats
    }
  }

  public func embeddings(_ capability: Capability, limit: Int) throws -> [[Float]] {
    try read { db in
      var seen: Set<DatabaseValue> = []
      var result: [[Float]] = []
      let rows = try db.rows(
        """
        SELECT COALESCE(d.text, e.vector), e.vector FROM embedding e JOIN decision d ON d.seq = e.decision
        WHERE d.capability = ? ORDER BY e.decision DESC
        """, [capability.index])
      while result.count < limit, let row = try rows.next() {
        guard seen.insert(row[0]).inserted, let embedding = try DecisionColumns.embedding(row, 1) else {
          continue
        }
        result.append(embedding)
      }
      return result
    }
  }

  public func embedding(of decision: Identifier) throws -> QuantisedVector? {
    try readFirst(
      "SELECT e.vector FROM decision d JOIN embedding e ON e.decision = d.seq WHERE d.id = ?",
      [Data(decision)]
    ) { try DecisionColumns.quantised($0, 0) } ?? nil
  }

  public func distinctIntents(_ capability: Capability, limit: Int) throws -> Int {
    try read { db in
      try db.first(
        """
        SELECT COUNT(*) FROM (
          SELECT DISTINCT COALESCE(d.text, e.vector) AS said FROM decision d
          LEFT JOIN embedding e ON e.decision = CASE WHEN d.text IS NULL THEN d.seq END
          WHERE d.capability = ? AND said IS NOT NULL LIMIT ?)
        """, [capability.index, limit]
      ) { $0[0] } ?? 0
    }
  }

  public func counts() throws -> LedgerCounts {
    try read { db in
      // Sequences have no gaps, so the last one is the number.
      func number(_ sql: String) throws -> Int64 { try db.first(sql) { $0[0] as Int64? ?? 0 } ?? 0 }
      return LedgerCounts(
        decisions: try number("SELECT MAX(seq) FROM decision"),
        judgements: try number("SELECT MAX(seq) FROM judgement"),
        parked: try number("SELECT COUNT(*) FROM parked"),
        epochs: try number("SELECT COUNT(*) FROM epoch"), jobs: try number("SELECT COUNT(*) FROM job"),
        unfinishedJobs: try number("SELECT COUNT(*) FROM job WHERE ended IS NULL"))
    }
  }
}
