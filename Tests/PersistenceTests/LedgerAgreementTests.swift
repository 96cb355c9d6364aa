import Persistence
import Routing
import Serving
import TestSupport
import Testing

@Test(
  "what 250 random batches leave is the same in SQLite and in memory",
  arguments: 0..<4 as Range<UInt64>)
func agreesWithMemory(seed: UInt64) throws {
  var random = Steps(state: seed)
  let folder = try TemporaryFolder()
  let file = try SQLiteLedger(path: folder.file)
  let memory = MemoryLedger()
  let both: [any Ledger] = [file, memory]
  for ledger in both {
    _ = try ledger.append(catalogue: Sample.catalogue(), from: .file, at: Sample.at())
    _ = try ledger.append(plan: Sample.plan(regions: 2), at: Sample.at())
  }
  for _ in 0..<250 {
    let batch = random.batch()
    #expect(try file.append(batch) == memory.append(batch))
  }
  func all(_ ledger: any Ledger) throws -> [RecordedFeedback] {
    var entries: [RecordedFeedback] = []
    try ledger.feedback(after: 0) { entry in
      entries.append(entry)
      return true
    }
    return entries
  }
  func folded(_ ledger: any Ledger, _ after: Int64, _ through: Int64, _ map: RegionMap) throws -> [String] {
    var result: [String] = []
    try ledger.judged(after: after, through: through, map: map) { result.append("\($0)") }
    return result
  }
  #expect(try all(file) == all(memory))
  #expect(try file.counts() == memory.counts())
  let end = try memory.position()
  for version in [1, 2] {
    let map = RegionMap(version: version, plan: Sample.plan(regions: version + 1))
    for (after, through) in [(0, end.judgements), (end.judgements / 2, end.judgements), (10, 30), (50, 51)] {
      #expect(try folded(file, after, through, map) == folded(memory, after, through, map))
    }
    #expect(
      try file.traffic(after: 3, through: end.decisions, map: map)
        == memory.traffic(after: 3, through: end.decisions, map: map))
  }
  try file.close()
}

/// Random batches over few ids, so that everything that can happen to an id does. SplitMix64.
private struct Steps: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func batch() -> LedgerBatch {
    let numbers = (0..<Int.random(in: 0...2, using: &self)).map { _ in Int.random(in: 1...60, using: &self) }
    return Sample.batch(
      numbers.map { Sample.decision($0, row: $0 % 3, chosen: UInt32($0 % 3)) },
      embeddings: numbers.map { $0 % 4 == 3 ? nil : Sample.axis($0 % 4) },
      (0..<Int.random(in: 0...4, using: &self)).map { _ in submission() })
  }

  mutating func submission() -> Submission {
    let decision = Int.random(in: 1...60, using: &self)
    // Mostly ids of their own decision, sometimes one that belongs to another.
    let id =
      "f\(Int.random(in: 0...3, using: &self))-\(Int.random(in: 0...9, using: &self) == 0 ? 1 : decision)"
    let reward = [0, 0.5, 1].randomElement(using: &self)!
    let other = Sample.id((decision + 7) % 60 + 1)
    let content: Submission.Content =
      switch Int.random(in: 0...9, using: &self) {
      case 0...3: .signal(.score, reward: reward, trust: 1, other: nil)
      case 4...6: .signal(.comparison, reward: reward, trust: 1, other: other)
      case 7:
        .outcome(Outcome(candidate: "south/c", state: Outcome.State.allCases.randomElement(using: &self)!))
      default: .revocation
      }
    let raters = [nil, "ann", "north", "south/x"]
    return Sample.submission(
      id, about: decision, at: Int64.random(in: 0...5, using: &self),
      rater: raters.randomElement(using: &self)!,
      content: content)
  }
}
