import Routing
public import Serving

/// What every ``Ledger`` must do, as clauses that are run against each implementation with an empty ledger of its own.
public struct LedgerContract: Sendable, CustomStringConvertible {
  public let name: String
  public let check: @Sendable (any Ledger) throws -> Void

  public var description: String { name }

  init(_ name: String, _ check: @escaping @Sendable (any Ledger) throws -> Void) {
    self.name = name
    self.check = check
  }

  public static let all: [LedgerContract] =
    decisions + identities + revocations + waiting + comparisons + folding + forgetting + versions + epochs
    + jobs + jobParts + deliveries + recipes + generations + credits
}

/// A clause that does not hold.
struct Violation: Error, CustomStringConvertible {
  let description: String
}

func expect(
  _ condition: Bool, _ message: @autoclosure () -> String = "does not hold", line: Int = #line,
  file: String = #fileID
) throws {
  if !condition { throw Violation(description: "\(file):\(line): \(message())") }
}

func expect<Value: Equatable>(_ value: Value, is expected: Value, line: Int = #line, file: String = #fileID)
  throws
{
  try expect(value == expected, "\(value) is not \(expected)", line: line, file: file)
}

func expectConflict(
  _ conflict: LedgerConflict, line: Int = #line, file: String = #fileID, _ body: () throws -> Void
) throws {
  do { try body() } catch let error as LedgerConflict {
    return try expect(error, is: conflict, line: line, file: file)
  }
  throw Violation(description: "\(file):\(line): nothing was thrown, expected: \(conflict)")
}

extension Receipt {
  var isRejected: Bool { if case .rejected = self { true } else { false } }
}

extension Ledger {
  /// A catalogue of `north/a`, `north/b`, `south/c`, a map of two regions, and decisions 1…count.
  func prepare(decisions count: Int = 0) throws {
    _ = try append(catalogue: Sample.catalogue(), from: .file, at: Sample.at())
    _ = try append(plan: Sample.plan(regions: 2), at: Sample.at())
    guard count > 0 else { return }
    _ = try append(Sample.batch((1...count).map { Sample.decision($0) }))
  }

  func say(_ submissions: Submission...) throws -> [Receipt] { try append(Sample.batch([], submissions)) }

  /// The rewards in effect of a decision, as the fold reads them: of every origin the latest, unless taken back.
  func rewards(_ decision: Int) throws -> [Double] {
    let map = RegionMap(version: 1, plan: Sample.plan(regions: 2))
    let judgements = try judged(Sample.id(decision), map: map)?.judgements ?? []
    let origins = Set(judgements.map(\.origin)).sorted()
    return origins.compactMap { origin in
      let winner = judgements.filter { $0.origin == origin && ($0.kind != nil || $0.isRevocation) }
        .max { ($0.at, $0.sequence) < ($1.at, $1.sequence) }
      return winner.flatMap { $0.isRevocation ? nil : $0.reward }
    }
  }
}

// MARK: Decisions

extension LedgerContract {
  static let decisions: [LedgerContract] = [
    LedgerContract("an empty ledger has nothing") { ledger in
      try expect(ledger.position(), is: LedgerPosition())
      try expect(ledger.counts(), is: LedgerCounts(decisions: 0, judgements: 0, parked: 0, epochs: 0))
      try expect(ledger.decision(Sample.id(1)) == nil)
      try expect(ledger.feedback(about: Sample.id(1)), is: [])
      try expect(ledger.epochs(from: 0, limit: 10), is: [])
      try expect(ledger.append(LedgerBatch()), is: [])
      let recovery = try ledger.recover()
      try expect(recovery.catalogue == nil && recovery.map == nil && recovery.state == nil)
      try expect(recovery.governance.version, is: 0)
      try expect(recovery.roll, is: Roll())
      try expect(recovery.index.count, is: 0)
      try expect(recovery.history, is: [])
    },
    LedgerContract("a decision comes back as it was, every bit") { ledger in
      var eligible = CandidateSet()
      for position in [0, 7, 8, 63, 64, 255] { eligible.insert(position) }
      let full = Decision(
        id: Sample.id(1), epoch: 7, decided: Sample.at(1),
        intent: Intent(
          capability: .imageToVideo, text: "Zwölf Boxkämpfer 🥊 \u{0} \"'",
          constraints: Constraints(
            maximumCost: 0.1, maximumLatency: .milliseconds(1_500), only: ["north", "south/c"],
            exclude: ["north/b"]),
          work: Work(images: 3, duration: 4.2), costWeight: 1.0 / 3, allowsExploration: false, session: "s"),
        mapVersion: 4, placement: Placement(row: 12, similarity: -0.123456789), eligible: eligible,
        chosen: 4_000_000_000,
        reason: .sticky, propensity: 0.1 + 0.2, shadow: 3, sticky: 0, turn: .max, preferred: 2,
        tenant: "Zwölf\u{0}")
      var plain = Sample.decision(2, text: nil)
      plain.eligible = CandidateSet()
      _ = try ledger.append(Sample.batch([full, plain]))
      try expect(ledger.decision(full.id), is: full)
      try expect(ledger.decision(plain.id), is: plain)
    },
    LedgerContract("sequences count decisions from 1 in the order of their arrival") { ledger in
      _ = try ledger.append(Sample.batch([Sample.decision(5), Sample.decision(3)]))
      _ = try ledger.append(Sample.batch([Sample.decision(4)]))
      var seen: [(Int64, Identifier)] = []
      try ledger.decisions(after: 0) { sequence, decision in
        seen.append((sequence, decision.id))
        return true
      }
      try expect(seen.map(\.0), is: [1, 2, 3])
      try expect(seen.map(\.1), is: [5, 3, 4].map(Sample.id))
      seen = []
      try ledger.decisions(after: 1) { sequence, decision in
        seen.append((sequence, decision.id))
        return false
      }
      try expect(seen.map(\.0), is: [2])
      try expect(ledger.position(), is: LedgerPosition(decisions: 3))
    },
    LedgerContract("a decision that is sent again changes nothing") { ledger in
      _ = try ledger.append(Sample.batch([Sample.decision(1)]))
      _ = try ledger.append(Sample.batch([Sample.decision(1), Sample.decision(2), Sample.decision(2)]))
      try expect(ledger.position().decisions, is: 2)
    },
    LedgerContract("another decision under the same id is refused with its whole batch") { ledger in
      try ledger.prepare(decisions: 1)
      try expectConflict(.otherDecision(Sample.id(1))) {
        _ = try ledger.append(
          Sample.batch(
            [Sample.decision(2), Sample.decision(1, text: "another")], [Sample.submission("a", about: 1)]))
      }
      try expectConflict(.otherDecision(Sample.id(3))) {
        _ = try ledger.append(Sample.batch([Sample.decision(3), Sample.decision(3, chosen: 1)]))
      }
      try expect(ledger.position(), is: LedgerPosition(decisions: 1))
    },
    LedgerContract("ten thousand of each fit in one batch, and a rejected one disturbs no other") { ledger in
      try ledger.prepare()
      let batch = Sample.batch(
        (1...10_000).map { Sample.decision($0) },
        (1...10_000).map { number in
          Sample.submission("f\(number)", about: number, rater: number == 5_000 ? "north" : "someone")
        })
      let receipts = try ledger.append(batch)
      try expect(receipts.count, is: 10_000)
      try expect(receipts.indices.filter { receipts[$0] != .accepted }, is: [4_999])
      try expect(ledger.position(), is: LedgerPosition(decisions: 10_000, judgements: 9_999))
    },
    LedgerContract("the first answer under a key stays, until it is dropped by age") { ledger in
      let first = Answer(key: "k", digest: [1, 2], decision: Sample.id(1), body: [3], at: Sample.at(1))
      let second = Answer(key: "k", digest: [9], decision: Sample.id(2), body: [], at: Sample.at(9))
      let other = Answer(key: "l", digest: [], decision: Sample.id(2), body: [], at: Sample.at(9))
      for answer in [first, second, other] {
        var batch = LedgerBatch()
        batch.answers = [answer]
        _ = try ledger.append(batch)
      }
      try expect(ledger.answer(key: "k"), is: first)
      try expect(ledger.answer(key: "m") == nil)
      try ledger.dropAnswers(before: Sample.at(9))
      try expect(ledger.answer(key: "k") == nil)
      try expect(ledger.answer(key: "l"), is: other)
    },
    LedgerContract("a session sits where its latest decision of a capability put it") { ledger in
      _ = try ledger.append(
        Sample.batch([
          Sample.decision(1, session: "old", chosen: 2), Sample.decision(5, session: "s", chosen: 1),
          Sample.decision(6, .imageGeneration, session: "s", chosen: 2), Sample.decision(7, chosen: 2),
          Sample.decision(8, session: "r", chosen: 2), Sample.decision(4, session: "s", chosen: 0),
        ]))
      let seats = try ledger.sessions(since: Sample.at(2))
      try expect(seats.map(\.session), is: ["r", "s", "s"])
      try expect(seats.map(\.ordinal), is: [2, 1, 2])
      try expect(seats.map(\.capability), is: [.textGeneration, .textGeneration, .imageGeneration])
      try expect(seats.map(\.at), is: [8, 5, 6].map { Sample.at($0) })
    },
  ]
}
