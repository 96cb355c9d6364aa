import Foundation

/// Two million decisions in one process: what stays in memory.
enum MemoryBenchmarks {
  static let marks = [0, 200_000, 500_000, 1_000_000, 1_500_000, 2_000_000]

  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    let workload = Workload(candidates: 10, regions: 16)
    let catalogue = setting.folder.appending(path: "memory.yaml")
    try workload.catalogue.write(to: catalogue, atomically: false, encoding: .utf8)
    let database = setting.folder.appending(path: "memory.db")
    defer { PopulatedDatabase.remove(database) }
    let router = try RouterProcess(setting, database: database, catalogue: catalogue)
    defer { router.stop() }
    let connection = try router.connect()
    // The router's settings but for the length of an epoch: one is closed at every mark, so that regions are learned.
    report.section(
      "Memory: decisions in batches of 1,000, every text new, an epoch closed after every mark",
      ["resident", "decisions/s", "", "to 500,000"])
    var done = 0
    var warm = Double.nan
    for mark in marks {
      let start = Measurement.now()
      let before = done
      while done < mark {
        let body = Body.decisions((done..<done + 1_000).map { workload.newText($0) })
        let status = try connection.exchange(LoopbackConnection.request("POST", "/v1/decisions:batch", body))
        guard status == 200 else { throw BenchFailure("a batch of decisions was answered by \(status)") }
        done += 1_000
      }
      let rate = Double(done - before) / Double(Measurement.now() - start) * 1e9
      let resident = router.process.residentMemory / 1_048_576
      if mark == 500_000 { warm = resident }
      let isLast = mark == marks.last
      report.figures(
        "after \(mark) decisions",
        [
          BenchReport.short(resident, "MiB"), mark == 0 ? "" : BenchReport.short(rate), "",
          mark > 500_000 ? String(format: "%.2f×", resident / warm) : "",
        ], value: resident / warm, isLast ? .atMost(1.1, "×") : nil)
      if mark > 0, !isLast { use(try connection.json("POST", "/v1/epochs")) }
    }
  }
}
