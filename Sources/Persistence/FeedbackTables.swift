import Foundation
import GRDB
import Routing
import Serving

/// The tables `judgement` and `parked` within one writing transaction.
struct FeedbackTables: FeedbackStore {
  let db: Database
  let roll: Roll
  private var last: Int64
  private var lastParked: Int64

  init(_ db: Database, _ roll: Roll) throws {
    self.db = db
    self.roll = roll
    last = try db.first("SELECT MAX(seq) FROM judgement") { $0[0] as Int64? ?? 0 } ?? 0
    // 0 when nothing is parked, which is nearly always: then the table is not looked at again.
    lastParked = try db.first("SELECT MAX(seq) FROM parked") { $0[0] as Int64? ?? 0 } ?? 0
  }

  var hasParked: Bool { lastParked > 0 }

  func sequence(of decision: Identifier) throws -> Int64? {
    try db.first("SELECT seq FROM decision WHERE id = ?", [Data(decision)]) { $0[0] }
  }

  func chosen(by sequence: Int64) throws -> UInt32 {
    guard
      let chosen = try db.first("SELECT chosen FROM decision WHERE seq = ?", [sequence], { $0[0] as UInt32 })
    else {
      throw LedgerError.damaged(what: "feedback about decision \(sequence)")
    }
    return chosen
  }

  private static let stored = """
    SELECT j.seq, j.origin, d.id, \(FeedbackColumns.selected)
    FROM judgement j JOIN decision d ON d.seq = j.decision WHERE j.id = CAST(? AS TEXT) ORDER BY j.seq
    """
  private static let waiting = """
    SELECT j.seq, NULL, j.about, \(FeedbackColumns.selected) FROM parked j WHERE j.id = CAST(? AS TEXT) ORDER BY j.seq
    """
  private static let waitingFor = """
    SELECT j.seq, NULL, j.about, \(FeedbackColumns.selected) FROM parked j WHERE j.about = ? ORDER BY j.seq
    """

  func entries(under id: String) throws -> [FeedbackEntry] {
    var entries: [FeedbackEntry] = []
    let stored = try db.rows(FeedbackTables.stored, [StoredText.value(id)])
    while let row = try stored.next() {
      entries.append(try entry(row, sequence: row[0]))
    }
    guard hasParked else { return entries }
    let waiting = try db.rows(FeedbackTables.waiting, [StoredText.value(id)])
    while let row = try waiting.next() { entries.append(try entry(row, sequence: nil)) }
    return entries
  }

  private func entry(_ row: Row, sequence: Int64?) throws -> FeedbackEntry {
    let about = try DecisionColumns.identifier(row, 2)
    let (half, submission) = try FeedbackColumns.decode(row, from: 3, about: about, roll)
    return FeedbackEntry(sequence: sequence, origin: row[1], half: half, about: about, submission: submission)
  }

  private static let insert = """
    INSERT INTO judgement (seq, origin, decision, rater_hash, revocation, \(FeedbackColumns.names))
    VALUES (?, ?, ?, ?, ?, \(FeedbackColumns.values))
    """
  private static let insertParked = """
    INSERT INTO parked (seq, about, \(FeedbackColumns.names)) VALUES (?, ?, \(FeedbackColumns.values))
    """

  mutating func store(_ submission: Submission, _ half: Half, about decision: Int64, origin: Int64?) throws {
    last += 1
    let judgement = submission.judgement(last, half, origin: origin, roll)
    let outcome = submission.outcome
    try db.run(
      FeedbackTables.insert,
      [
        last, judgement.origin, decision, judgement.rater == 0 ? nil : Int64(bitPattern: judgement.rater),
        judgement.isRevocation, half.rawValue, StoredText.value(submission.id),
        judgement.kind.map { Int($0.rawValue) },
        judgement.reward, judgement.trust, StoredText.value(submission.rater), submission.at.microseconds,
        submission.received.microseconds, judgement.executed, outcome?.state.rawValue,
        outcome?.latency?.microseconds,
        outcome?.cost?.micros, FeedbackTables.other(submission, half), submission.value.stored,
        StoredText.value(submission.comment),
      ])
  }

  mutating func park(_ submission: Submission, _ half: Half, about decision: Identifier) throws {
    lastParked += 1
    let judgement = submission.judgement(0, half, origin: nil, roll)
    let outcome = submission.outcome
    try db.run(
      FeedbackTables.insertParked,
      [
        lastParked, Data(decision), half.rawValue, StoredText.value(submission.id),
        judgement.kind.map { Int($0.rawValue) },
        judgement.reward, judgement.trust, StoredText.value(submission.rater), submission.at.microseconds,
        submission.received.microseconds, judgement.executed, outcome?.state.rawValue,
        outcome?.latency?.microseconds,
        outcome?.cost?.micros, FeedbackTables.other(submission, half), submission.value.stored,
        StoredText.value(submission.comment),
      ])
  }

  private static func other(_ submission: Submission, _ half: Half) -> Data? {
    half == .other ? Data(submission.decision) : submission.other.map { Data($0) }
  }

  /// Takes in what waited for decisions that have come, in the order in which it was parked.
  mutating func join(_ decisions: [(id: Identifier, sequence: Int64)]) throws {
    guard hasParked else { return }
    var waiting: [(parked: Int64, decision: Int64, entry: FeedbackEntry)] = []
    for decision in decisions {
      let rows = try db.rows(FeedbackTables.waitingFor, [Data(decision.id)])
      while let row = try rows.next() {
        waiting.append((row[0], decision.sequence, try entry(row, sequence: nil)))
      }
    }
    for (parked, decision, entry) in waiting.sorted(by: { $0.parked < $1.parked }) {
      try db.run("DELETE FROM parked WHERE seq = ?", [parked])
      try join(entry, to: decision)
    }
  }
}

extension Submission {
  fileprivate var outcome: Outcome? {
    if case .outcome(let outcome) = content { outcome } else { nil }
  }
}
