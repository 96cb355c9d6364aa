import Foundation
import GRDB
public import Routing
public import Serving

// Rows of a map are found as ``RegionMap/row(_:recorded:embedding:kept:)`` says. The tables that it needs for
// decisions of other maps are joined on a key that is NULL for all the others, so that they cost nothing.
private let placed = """
  LEFT JOIN embedding e ON e.decision = CASE WHEN d.map <> ?1 THEN d.seq END
  LEFT JOIN kept_row k ON k.decision = CASE WHEN d.map <> ?1 THEN d.seq END AND k.map = ?1
  """
private let embedded = """
  JOIN embedding e ON e.decision = d.seq
  LEFT JOIN kept_row k ON k.decision = CASE WHEN d.map <> ?1 THEN d.seq END AND k.map = ?1
  """
private let places = "d.capability, d.map, d.region_row, e.vector, k.region_row"

extension SQLiteLedger {
  public func position() throws -> LedgerPosition {
    try read { db in
      LedgerPosition(
        decisions: try db.first("SELECT MAX(seq) FROM decision") { $0[0] as Int64? ?? 0 } ?? 0,
        judgements: try db.first("SELECT MAX(seq) FROM judgement") { $0[0] as Int64? ?? 0 } ?? 0)
    }
  }

  public func traffic(after: Int64, through: Int64, map: RegionMap) throws -> [Epoch.Traffic] {
    try read { db in
      var counts: [[(decisions: Int, explored: Int)]] = Capability.allCases.map {
        Array(repeating: (0, 0), count: map.rootRow(of: $0) + 1)
      }
      let rows = try db.rows(
        "SELECT \(places), d.reason FROM decision d \(placed) WHERE d.seq > ?2 AND d.seq <= ?3",
        [map.version, after, through])
      while let row = try rows.next() {
        let (capability, place) = try SQLiteLedger.place(row, from: 0, map)
        guard counts[capability.index].indices.contains(place) else {
          throw LedgerError.damaged(what: "a decision in row \(place) of map \(map.version)")
        }
        counts[capability.index][place].decisions += 1
        if row[5] as UInt8 == Reason.explore.rawValue { counts[capability.index][place].explored += 1 }
      }
      return Capability.allCases.flatMap { capability in
        counts[capability.index].enumerated().compactMap { place, count in
          count.decisions == 0
            ? nil
            : Epoch.Traffic(
              capability: capability, row: place, decisions: count.decisions, explored: count.explored)
        }
      }
    }
  }

  public func judged(after: Int64, through: Int64, map: RegionMap, _ body: (Judged) throws -> Void) throws {
    guard through > after else { return }
    try read { db in
      if after <= 0 {
        return try SQLiteLedger.judged(db, 0, .max, through, map) { judged, _ in try body(judged) }
      }
      for run in try SQLiteLedger.runs(db, after: after, through: through) {
        try SQLiteLedger.judged(db, run.lowerBound, run.upperBound, through, map) { judged, _ in
          // A run may hold decisions that nothing was said about lately.
          if judged.judgements.last.map({ $0.sequence > after }) ?? false { try body(judged) }
        }
      }
    }
  }

  /// Decisions with a judgement in (after, through], in runs that one scan each is right for.
  private static func runs(_ db: Database, after: Int64, through: Int64) throws -> [ClosedRange<Int64>] {
    var decisions: [Int64] = []
    let rows = try db.rows("SELECT decision FROM judgement WHERE seq > ? AND seq <= ?", [after, through])
    while let row = try rows.next() { decisions.append(row[0]) }
    decisions.sort()
    var runs: [ClosedRange<Int64>] = []
    for decision in decisions {
      // Reading a few rows too many is cheaper than starting a query.
      if let last = runs.last, decision - last.upperBound <= 4 {
        runs[runs.count - 1] = last.lowerBound...decision
      } else {
        runs.append(decision...decision)
      }
    }
    return runs
  }

  public func lessons(
    _ capability: Capability, limit: Int, through: Int64, map: RegionMap,
    _ body: (Judged, _ embedding: [Float]) throws -> Void
  ) throws {
    try read { db in
      let first = try db.first(
        """
        SELECT MIN(seq) FROM (
          SELECT d.seq FROM decision d WHERE d.capability = ?1
            AND EXISTS (SELECT 1 FROM judgement j WHERE j.decision = d.seq AND j.seq <= ?2)
            AND EXISTS (SELECT 1 FROM embedding e WHERE e.decision = d.seq)
          ORDER BY d.seq DESC LIMIT ?3)
        """, [capability.index, through, limit]
      ) { $0[0] as Int64? }
      guard let first = first ?? nil else { return }
      try SQLiteLedger.judged(db, first, .max, through, map, embeddingsOf: capability) { judged, embedding in
        if let embedding { try body(judged, embedding) }
      }
    }
  }

  /// All judgements up to `through` of decisions in [first, last], one decision at a time.
  ///
  /// - Parameter embeddingsOf: only decisions of this capability that have an embedding, and that too.
  private static func judged(
    _ db: Database, _ first: Int64, _ last: Int64, _ through: Int64, _ map: RegionMap,
    embeddingsOf only: Capability? = nil, _ body: (Judged, _ embedding: [Float]?) throws -> Void
  ) throws {
    let rows = try db.rows(
      """
      SELECT j.decision, j.seq, j.origin, j.kind, j.reward, j.trust, j.rater_hash, j.at, j.received, j.revocation,
        j.executed, d.chosen, d.decided, \(places)
      FROM judgement j INDEXED BY judgement_decision CROSS JOIN decision d ON d.seq = j.decision
      \(only == nil ? placed : embedded)
      WHERE j.decision >= ?2 AND j.decision <= ?3 AND j.seq <= ?4 AND (?5 IS NULL OR d.capability = ?5)
      ORDER BY j.decision, j.seq
      """, [map.version, first, last, through, only?.index])
    var current: Int64?
    var judged: Judged?
    var embedding: [Float]?
    while let row = try rows.next() {
      let decision: Int64 = row[0]
      if decision != current {
        if let judged { try body(judged, embedding) }
        current = decision
        if only != nil { embedding = try DecisionColumns.embedding(row, 16) }
        let (capability, place) = try place(row, from: 13, map)
        judged = Judged(
          decision: decision, capability: capability, row: place, ordinal: row[11],
          decided: Instant(microseconds: row[12]),
          judgements: [])
      }
      judged?.judgements.append(try judgement(row))
    }
    if let judged { try body(judged, embedding) }
  }

  private static func judgement(_ row: Row) throws -> Judgement {
    let kind: SignalKind? = try (row[3] as UInt8?).map { raw in
      guard let kind = SignalKind(rawValue: raw) else {
        throw LedgerError.damaged(what: "feedback of kind \(raw)")
      }
      return kind
    }
    return Judgement(
      sequence: row[1], origin: row[2], kind: kind, reward: row[4], trust: row[5],
      rater: UInt64(bitPattern: row[6] as Int64? ?? 0), at: Instant(microseconds: row[7]),
      received: Instant(microseconds: row[8]), isRevocation: row[9], executed: row[10])
  }

  public func judged(_ id: Identifier, map: RegionMap) throws -> Judged? {
    try read { db in
      let found = try db.first(
        "SELECT \(places), d.chosen, d.decided, d.seq FROM decision d \(placed) WHERE d.id = ?2",
        [map.version, Data(id)]
      ) { row in try SQLiteLedger.judged(row, map) }
      guard let unsaid = found else { return nil }
      var judged = unsaid
      try SQLiteLedger.judged(db, unsaid.decision, unsaid.decision, .max, map) { found, _ in judged = found }
      return judged
    }
  }

  public func unjudged(
    _ capability: Capability, from: Instant, to: Instant, through: Int64, map: RegionMap,
    _ body: (Judged) throws -> Void
  ) throws {
    try read { db in
      let rows = try db.rows(
        """
        SELECT \(places),
          COALESCE(
            (SELECT j.executed FROM judgement j
              WHERE j.decision = d.seq AND j.seq <= ?5 AND j.executed IS NOT NULL ORDER BY j.seq DESC LIMIT 1),
            d.chosen), d.decided, d.seq
        FROM decision d \(placed)
        WHERE d.decided >= ?2 AND d.decided < ?3 AND d.capability = ?4
          AND NOT EXISTS (SELECT 1 FROM judgement j WHERE j.decision = d.seq AND j.seq <= ?5 AND j.kind IS NOT NULL)
        ORDER BY d.decided, d.seq
        """, [map.version, from.microseconds, to.microseconds, capability.index, through])
      while let row = try rows.next() { try body(try SQLiteLedger.judged(row, map)) }
    }
  }

  private static func judged(_ row: Row, _ map: RegionMap) throws -> Judged {
    let (capability, place) = try place(row, from: 0, map)
    return Judged(
      decision: row[7], capability: capability, row: place, ordinal: row[5],
      decided: Instant(microseconds: row[6]),
      judgements: [])
  }

  private static func place(_ row: Row, from start: Int, _ map: RegionMap) throws -> (Capability, Int) {
    let capability = try DecisionColumns.capability(row, start)
    let place = try map.row(
      capability, recorded: (row[start + 1], row[start + 2]),
      embedding: { try DecisionColumns.embedding(row, start + 3) }, kept: { row[start + 4] })
    return (capability, place)
  }
}
