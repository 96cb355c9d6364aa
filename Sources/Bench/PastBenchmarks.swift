import Foundation
import Wire

/// What a long past costs: starting on it, and closing an epoch full of feedback while decisions go on.
enum PastBenchmarks {
  static func run(_ report: inout BenchReport, _ setting: Setting, start: Bool, tick: Bool) throws {
    var database: PopulatedDatabase?
    let building = try Measurement.time {
      database = try PopulatedDatabase(
        setting, named: "past", decisions: setting.rows, candidates: 32, regions: 64)
    }
    guard let database else { return }
    defer { database.remove() }
    let bytes = (try? FileManager.default.attributesOfItem(atPath: database.file.path)[.size]) as? Int ?? 0
    print(
      "\nA database of \(setting.rows) decisions: \(bytes >> 20) MiB, built through the ledger in "
        + BenchReport.time(building))
    if start { try measureStart(&report, setting, database) }
    if tick { try measureTick(&report, setting, database) }
  }

  // MARK: Start

  private static func measureStart(
    _ report: inout BenchReport, _ setting: Setting, _ database: PopulatedDatabase
  ) throws {
    var empty: [Double] = []
    var full: [Double] = []
    for round in 0..<Setting.rounds {
      let fresh = setting.folder.appending(path: "empty-\(round).db")
      let first = try RouterProcess(setting, database: fresh, catalogue: database.catalogue)
      first.stop()
      PopulatedDatabase.remove(fresh)
      empty.append(first.start)
      let router = try database.serve(setting)
      router.stop()
      full.append(router.start)
    }
    report.section("Start: from the process to /readyz")
    let reference = Measurement("on an empty database (the reference)", nanoseconds: empty)
    report.row(reference, reference: reference)
    report.row(
      Measurement("with \(setting.rows) decisions in the log", nanoseconds: full), reference: reference,
      target: 2_000_000_000)
  }

  // MARK: Tick

  private static func measureTick(
    _ report: inout BenchReport, _ setting: Setting, _ database: PopulatedDatabase
  ) throws {
    guard let generator = LoadGenerator(folder: setting.folder) else {
      return report.skip("tick", "wrk is missing: apt-get install wrk")
    }
    let appending = try Measurement.time { try database.judge() }
    let copy = setting.folder.appending(path: "tick.db")
    let requests = database.workload.texts.map {
      LoopbackConnection.request("POST", "/v1/decisions", Body.decision($0))
    }
    let script = LoadScript.cycle(
      "cached", path: "/v1/decisions", bodies: database.workload.texts.map { Body.decision($0) })

    var ticks: [Double] = []
    var quiet: [Measurement] = []
    var busy: [Measurement] = []
    var rates: [Double] = []
    var learning: (tick: Double, ratio: Double, load: Measurement)?
    for round in 0..<Setting.rounds {
      PopulatedDatabase.remove(copy)
      try FileManager.default.copyItem(at: database.file, to: copy)
      // Else the disk is still busy with the copy while decisions are timed.
      sync()
      let router = try RouterProcess(setting, database: copy, catalogue: database.catalogue)
      defer { router.stop() }
      let connection = try router.connect()
      let rate = try generator.run(script, port: router.port, connections: 32, seconds: 1).rate / 2
      rates.append(rate)
      try router.settle(database.workload.texts[0])
      let load = PacedLoad(port: router.port, rate: rate) { requests[($0 + $1) % requests.count] }
      usleep(300_000)
      let start = Measurement.now()
      usleep(UInt32(setting.seconds) * 1_000_000)
      let closing = Measurement.now()
      let epoch = try connection.json("POST", "/v1/epochs")
      let end = Measurement.now()
      let samples = try load.stop()
      guard let observations = epoch["epoch"]?["observations"]?.doubleValue,
        observations >= Double(setting.rows) / 2
      else { throw BenchFailure("the tick folded nothing") }
      ticks.append(Double(end - closing))
      let before = samples.during(start, closing)
      quiet.append(before)
      busy.append(samples.during(closing, end))
      if round == Setting.rounds - 1 {
        let (tick, load) = try measureLearning(router, connection, rate, requests)
        learning = (tick, load.percentile(0.99) / before.percentile(0.99), load)
      }
    }
    PopulatedDatabase.remove(copy)

    report.section(
      "Tick: POST /v1/epochs with \(setting.rows) new scores, R = 64, P = 32, while decisions go on")
    report.row(Measurement("appending the scores, 10,000 a transaction", nanoseconds: [appending]))
    report.row(Measurement("the whole tick, from the log to the swap", nanoseconds: ticks))
    let ratios = zip(quiet, busy).map { $1.percentile(0.99) / $0.percentile(0.99) }
    func row(_ name: String, _ load: [Measurement], _ ratio: String, _ target: BenchReport.Target?) {
      report.figures(
        name,
        [
          BenchReport.time(load.map(\.median).median),
          BenchReport.time(load.map { $0.percentile(0.9) }.median),
          BenchReport.time(load.map { $0.percentile(0.99) }.median), ratio,
        ], value: ratios.median, target)
    }
    let rate = BenchReport.short(rates.median)
    row("decisions at half load (\(rate) req/s), no tick", quiet, "1.00×", nil)
    row(
      "decisions at half load, during the tick (ratio of p99)", busy, String(format: "%.2f×", ratios.median),
      .atMost(2, "×"))
    if let learning {
      report.row(
        Measurement("a tick that fits regions and counts all again", nanoseconds: [learning.tick]))
      row(
        "decisions at half load, during that tick", [learning.load],
        String(format: "%.2f×", learning.ratio), nil)
    }
  }

  /// The dearest tick there is: learning of regions is turned on over the whole past.
  private static func measureLearning(
    _ router: RouterProcess, _ connection: LoopbackConnection, _ rate: Double, _ requests: [[UInt8]]
  ) throws -> (tick: Double, load: Measurement) {
    use(
      try connection.json(
        "PATCH", "/v1/governance", #"{"parameters":{"learned_regions":16},"author":"bench","reason":"bench"}"#
      ))
    let load = PacedLoad(port: router.port, rate: rate) { requests[($0 + $1) % requests.count] }
    usleep(300_000)
    let start = Measurement.now()
    use(try connection.json("POST", "/v1/epochs"))
    let end = Measurement.now()
    return (Double(end - start), try load.stop().during(start, end))
  }
}
