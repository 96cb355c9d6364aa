import Foundation
import Statistics
import Vectors

/// Deciding over HTTP, on processors shared with the load generator, against nginx's static answer.
enum HTTPBenchmarks {
  static let connections = 32

  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    guard let generator = LoadGenerator(folder: setting.folder) else {
      return report.skip("http", "wrk is missing: apt-get install wrk")
    }
    guard let nginx = try StaticServer(folder: setting.folder) else {
      return report.skip("http", "nginx is missing: apt-get install nginx-light")
    }
    defer { nginx.stop() }
    let workload = Workload(candidates: 10, regions: 16)
    let catalogue = setting.folder.appending(path: "http.yaml")
    try workload.catalogue.write(to: catalogue, atomically: false, encoding: .utf8)
    let router = try RouterProcess(
      setting, database: setting.folder.appending(path: "http.db"), catalogue: catalogue)
    defer { router.stop() }

    var fresh = 0
    let loads = loads(workload)
    let reference = Series("nginx, 300 bytes, 1 worker (the reference)", nginx.process, nginx.port)
    let series = loads.map { Series($0.name, router.process, router.port) }
    for round in -1..<Setting.rounds {
      // The round before the first is to warm up.
      let seconds = round < 0 ? 1 : setting.seconds
      for (load, series) in zip([loads[0]] + loads, [reference] + series) {
        fresh += 10_000_000
        try series.measure(
          generator, load.script(fresh), connections: connections, seconds: seconds, isKept: round >= 0)
      }
    }

    report.section(
      "POST /v1/decisions: 10 candidates, 16 regions, \(router.embedding), wrk -t1 -c\(connections), "
        + "medians of \(Setting.rounds) rounds of \(setting.seconds) s",
      ["req/s", "p50", "p99", "CPU/request", "ratio"])
    reference.print(&report, reference, target: nil)
    for (load, series) in zip(loads, series) { series.print(&report, reference, target: load.target) }

    report.section(
      "POST /v1/decisions at half that load: 8 connections with a timetable, times counted from when a request was due",
      ["req/s", "p50", "p90", "p99"])
    for (load, series) in zip(loads, series) {
      if let request = load.paced {
        try paced(&report, setting, series, nginx, request) { try router.settle(workload.texts[0]) }
      }
    }
  }

  /// p99 at half the rate that a series reached, beside nginx at that rate.
  private static func paced(
    _ report: inout BenchReport, _ setting: Setting, _ series: Series, _ nginx: StaticServer,
    _ request: @escaping @Sendable (Int, Int) -> [UInt8], settle: () throws -> Void
  ) throws {
    try settle()
    let rate = series.rates.median / 2
    var rows: [(name: String, port: Int, runs: [Measurement])] = [
      ("nginx at that rate", nginx.port, []), ("p99 at half load, \(series.name)", series.port, []),
    ]
    for round in 0..<Setting.rounds {
      for index in rows.indices {
        let load = PacedLoad(port: rows[index].port, rate: rate) { request($0 + 100 * round, $1) }
        let start = Measurement.now()
        usleep(UInt32(setting.seconds) * 1_000_000)
        rows[index].runs.append(try load.stop().during(start + 200_000_000, .max))
      }
    }
    for row in rows {
      let p99 = row.runs.map { $0.percentile(0.99) }.median
      report.figures(
        row.name,
        [
          BenchReport.short(rate), BenchReport.time(row.runs.map(\.median).median),
          BenchReport.time(row.runs.map { $0.percentile(0.9) }.median), BenchReport.time(p99),
        ], value: p99, row.port == nginx.port ? nil : .atMost(5_000_000, "ns"))
    }
  }

  private struct Load {
    var name: String
    var target: Double
    /// Given the first number of new texts.
    var script: (Int) -> LoadScript
    var paced: (@Sendable (_ connection: Int, _ n: Int) -> [UInt8])?
  }

  private static func loads(_ workload: Workload) -> [Load] {
    let path = "/v1/decisions"
    let cached = workload.texts.map { Body.decision($0) }
    var generator = Xoshiro256(seed: 3)
    let supplied = workload.texts.map {
      Body.decision($0, embedding: InProcessBenchmarks.unit(&generator))
    }
    let templates = workload.texts.map { Body.decision($0.prefix(188) + LoadScript.placeholder) }
    let requests = cached.map { LoopbackConnection.request("POST", path, $0) }
    return [
      Load(
        name: "text seen before (embedding cached)", target: 0.30,
        script: { _ in .cycle("cached", path: path, bodies: cached) },
        paced: { connection, n in requests[(connection + n) % requests.count] }),
      Load(
        name: "embedding supplied (256 numbers beside the text)", target: 0.30,
        script: { _ in .cycle("supplied", path: path, bodies: supplied) }),
      Load(
        name: "every text new", target: 0.20,
        script: { .numbered("new", path: path, bodies: templates, first: $0) },
        paced: { connection, n in
          LoopbackConnection.request(
            "POST", path, Body.decision(workload.newText(900_000_000_000 + connection * 10_000_000 + n)))
        }),
    ]
  }
}

/// Rounds of one load on one server.
private final class Series {
  let name: String
  let process: ChildProcess
  let port: Int
  private(set) var rates: [Double] = []
  private var medians: [Double] = []
  private var p99s: [Double] = []
  /// Seconds of processor time per answer.
  private var costs: [Double] = []

  init(_ name: String, _ process: ChildProcess, _ port: Int) {
    self.name = name
    self.process = process
    self.port = port
  }

  func measure(
    _ generator: LoadGenerator, _ script: LoadScript, connections: Int, seconds: Int, isKept: Bool
  ) throws {
    let before = process.processorTime
    let result = try generator.run(script, port: port, connections: connections, seconds: seconds)
    guard isKept else { return }
    rates.append(result.rate)
    medians.append(result.median)
    p99s.append(result.p99)
    costs.append((process.processorTime - before) / Double(result.answers))
  }

  /// The ratio is the median of the rounds' ratios: neighbours in time share the machine's mood.
  func print(_ report: inout BenchReport, _ reference: Series, target: Double?) {
    let ratio = zip(rates, reference.rates).map { $0 / $1 }.median
    report.figures(
      name,
      [
        BenchReport.short(rates.median), BenchReport.time(medians.median), BenchReport.time(p99s.median),
        BenchReport.time(costs.median * 1e9), String(format: "%.3f", ratio),
      ], value: ratio, target.map { .atLeast($0, "") })
  }
}
