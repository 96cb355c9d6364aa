import Foundation
import Persistence
import Routing
import Serving
import Statistics
import Vectors

/// A router's database with a past: opened by the router itself, then filled through the ledger.
final class PopulatedDatabase {
  let file: URL
  let catalogue: URL
  let workload: Workload
  /// Ids of the decisions, in order.
  private(set) var decisions: [Identifier] = []
  private var opened = Instant(microseconds: 0)

  /// Makes a database with decisions in its open epoch. Regions are the named ones: learning by itself is turned off.
  init(_ setting: Setting, named name: String, decisions count: Int, candidates: Int, regions: Int) throws {
    file = setting.folder.appending(path: "\(name).db")
    catalogue = setting.folder.appending(path: "\(name).yaml")
    workload = Workload(candidates: candidates, regions: regions)
    try workload.catalogue.write(to: catalogue, atomically: false, encoding: .utf8)
    let router = try serve(setting)
    do {
      defer { router.stop() }
      let connection = try router.connect()
      use(
        try connection.json(
          "PATCH", "/v1/governance",
          #"{"parameters":{"learned_regions":0},"author":"bench","reason":"bench"}"#))
      use(try connection.json("POST", "/v1/epochs"))
    }
    try open { try fill($0, count) }
  }

  func serve(_ setting: Setting) throws -> RouterProcess {
    try RouterProcess(setting, database: file, catalogue: catalogue)
  }

  /// The ledger, while no router runs on it.
  func open(_ body: (SQLiteLedger) throws -> Void) throws {
    let ledger = try SQLiteLedger(path: file.path)
    defer { try? ledger.close() }
    try body(ledger)
  }

  func remove() { PopulatedDatabase.remove(file) }

  static func remove(_ file: URL) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
      try? FileManager.default.removeItem(atPath: file.path + suffix)
    }
  }

  private func fill(_ ledger: SQLiteLedger, _ count: Int) throws {
    let recovery = try ledger.recover()
    guard let state = recovery.state, let map = recovery.map, let stocked = recovery.catalogue else {
      throw BenchFailure("the router left no state behind")
    }
    opened = state.opened
    let snapshot = Snapshot(
      opened: state.opened, catalogue: stocked, governance: recovery.governance, roll: recovery.roll, map: map
    )
    let tables = TableCache(snapshot)
    var generator = Xoshiro256(seed: 17)
    let vectors = (0..<1_024).map { _ in PopulatedDatabase.near(map, &generator) }
    decisions.reserveCapacity(count)
    var batch = LedgerBatch()
    for number in 0..<count {
      let now = Instant(microseconds: opened.microseconds + Int64(number))
      let id = Identifier(at: now, random: UInt64(number) >> 8, generator.next())
      let vector = vectors[number & 1_023]
      let intent = Intent(capability: .textGeneration, text: workload.newText(number))
      var (decision, _) = try tables.decide(intent, map.place(vector, .textGeneration), id: id, at: now)
      decision.epoch = state.epoch
      decisions.append(id)
      batch.decisions.append(decision)
      batch.embeddings.append(vector)
      if batch.decisions.count == 5_000 || number == count - 1 {
        use(try ledger.append(batch))
        batch = LedgerBatch()
      }
    }
  }

  /// A vector near one of the map's regions.
  private static func near(_ map: RegionMap, _ generator: inout Xoshiro256) -> [Float] {
    let region = map.plan.regions[Int(generator.next() % UInt64(map.plan.regions.count))]
    let moved = region.vector.map { $0 + 0.03 * Float(Normal.sample(using: &generator)) }
    return UnitVector(normalising: moved)?.elements ?? region.vector
  }

  /// One score for each decision, all of them new to the open epoch.
  func judge() throws {
    try open { ledger in
      for start in stride(from: 0, to: decisions.count, by: 10_000) {
        var batch = LedgerBatch()
        batch.judgements = (start..<min(start + 10_000, decisions.count)).map { number in
          PopulatedDatabase.judgement(
            "score-\(number)", decisions[number], value: Double(number % 5) / 4,
            at: Instant(microseconds: opened.microseconds + Int64(decisions.count + number)))
        }
        let receipts = try ledger.append(batch)
        guard receipts.allSatisfy({ $0 == .accepted }) else {
          throw BenchFailure("feedback was not accepted")
        }
      }
    }
  }

  static func judgement(_ id: String, _ decision: Identifier, value: Double, at: Instant) -> Submission {
    Submission(
      id: id, decision: decision, content: .signal(.score, reward: value, trust: 1, other: nil),
      value: .number(value), at: at, received: at)
  }
}
