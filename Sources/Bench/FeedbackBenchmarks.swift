import Foundation
import GRDB
import Persistence
import Routing
import Serving

/// Feedback that is durable before it is acknowledged, against raw statements in SQLite that sync as often.
enum FeedbackBenchmarks {
  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    guard let generator = LoadGenerator(folder: setting.folder) else {
      return report.skip("feedback", "wrk is missing: apt-get install wrk")
    }
    let database = try PopulatedDatabase(
      setting, named: "feedback", decisions: 20_000, candidates: 10, regions: 16)
    defer { database.remove() }
    let raw = try RawTable(setting.folder.appending(path: "raw.db"))
    var ledgerRates: [Double] = []
    try database.open { ledger in
      for round in 0..<Setting.rounds {
        ledgerRates.append(try inProcess(ledger, database.decisions, round))
      }
    }
    let router = try database.serve(setting)
    defer { router.stop() }
    let decisions = database.decisions.map(\.description)

    var groups: [Double] = []
    var singles: [Double] = []
    var batches: [[Double]] = [[], []]
    var alone: [Double] = []
    var acknowledged = 0
    var first = 0
    let before = try router.judgements(database)
    for _ in 0..<Setting.rounds {
      groups.append(try raw.rate(group: 1_000, seconds: 1))
      for (index, connections) in [1, 4].enumerated() {
        first += 100_000_000
        let result = try generator.run(
          .feedback("batches", about: decisions, count: 1_000, first: first), port: router.port,
          connections: connections, seconds: setting.seconds)
        batches[index].append(result.rate * 1_000)
        acknowledged += result.answers * 1_000
      }
      singles.append(try raw.rate(group: 1, seconds: 1))
      first += 100_000_000
      let result = try generator.run(
        .feedback("one by one", about: decisions, count: 1, first: first), port: router.port, connections: 32,
        seconds: setting.seconds)
      alone.append(result.rate)
      acknowledged += result.answers
    }
    let durable = try router.judgements(database) - before

    report.section(
      "Feedback, durable before acknowledged (synchronous=FULL, medians of \(Setting.rounds) rounds)",
      ["items/s", "", "", "ratio"])
    func row(_ name: String, _ rates: [Double], _ reference: [Double], _ target: Double?) {
      report.figures(
        name,
        [
          BenchReport.short(rates.median), "", "",
          String(format: "%.3f", zip(rates, reference).map { $0 / $1 }.median),
        ], value: rates.median, target.map { .atLeast($0, "items/s") })
    }
    row("raw SQLite, groups of 1,000 (the reference)", groups, groups, nil)
    row("the ledger in process, batches of 1,000", ledgerRates, groups, nil)
    row("POST /v1/feedback, batches of 1,000, 1 connection", batches[0], groups, nil)
    row("POST /v1/feedback, batches of 1,000, 4 connections", batches[1], groups, 50_000)
    row("raw SQLite, one by one (the reference)", singles, singles, nil)
    row("POST /v1/feedback, one by one, 32 connections", alone, singles, 5_000)
    report.figures(
      "rows found in the database per item acknowledged",
      [BenchReport.short(Double(durable) / Double(acknowledged)), "", "", ""],
      value: Double(durable) / Double(acknowledged), .atLeast(1, ""))
  }

  private static func inProcess(_ ledger: SQLiteLedger, _ decisions: [Identifier], _ round: Int) throws
    -> Double
  {
    let now = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    let count = 50
    let batches = (0..<count).map { number -> LedgerBatch in
      var batch = LedgerBatch()
      batch.judgements = (0..<1_000).map { item in
        let serial = number * 1_000 + item
        return PopulatedDatabase.judgement(
          "ledger-\(round)-\(serial)", decisions[serial % decisions.count], value: Double(serial % 5) / 4,
          at: now)
      }
      return batch
    }
    let time = try Measurement.time { for batch in batches { use(try ledger.append(batch)) } }
    return Double(count) * 1_000 / time * 1e9
  }
}

/// A table with the two indexes that feedback has, written by prepared statements and nothing else.
private final class RawTable {
  private let pool: DatabasePool
  private var last = 0

  init(_ file: URL) throws {
    var configuration = GRDB.Configuration()
    configuration.foreignKeysEnabled = false
    pool = try DatabasePool(path: file.path, configuration: configuration)
    try pool.writeWithoutTransaction { db in
      try db.execute(
        sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -65536")
      try db.execute(
        sql: """
          CREATE TABLE judgement (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL, decision INTEGER NOT NULL, kind INTEGER NOT NULL,
            reward REAL NOT NULL, at INTEGER NOT NULL, received INTEGER NOT NULL
          ) STRICT;
          CREATE INDEX judgement_id ON judgement(id);
          CREATE INDEX judgement_decision ON judgement(decision);
          """)
    }
  }

  /// Rows a second, committed in groups of `group`.
  func rate(group: Int, seconds: Double) throws -> Double {
    let start = last
    let begin = Measurement.now()
    while Double(Measurement.now() - begin) < seconds * 1e9 {
      try pool.write { db in
        let statement = try db.cachedStatement(sql: "INSERT INTO judgement VALUES (?, ?, ?, ?, ?, ?, ?)")
        for _ in 0..<group {
          last += 1
          statement.setUncheckedArguments([
            last, "bench-\(last)", last % 20_000, 10, 0.75, 1_763_600_000_000_000 + last,
            1_763_600_000_000_000 + last,
          ])
          try statement.execute()
        }
      }
    }
    return Double(last - start) / Double(Measurement.now() - begin) * 1e9
  }
}

extension RouterProcess {
  /// How many judgements are in the database that it runs on.
  fileprivate func judgements(_ database: PopulatedDatabase) throws -> Int {
    let ledger = try SQLiteLedger(path: database.file.path, access: .readOnly)
    defer { try? ledger.close() }
    return Int(try ledger.counts().judgements)
  }
}
