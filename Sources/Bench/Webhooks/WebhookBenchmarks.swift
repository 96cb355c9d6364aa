import Foundation
import Persistence
import Routing
import Wire

/// Verified inbound webhooks over HTTP: each ends a job of its own, durably, before it is acknowledged.
enum WebhookBenchmarks {
  static let connections = 32
  static let target = 1_000.0

  /// One load: whose webhooks, for which jobs.
  private struct Series {
    var name: String
    var vendors: [WebhookSigner.Vendor]
    var copies = false
    var isWrong = false
    var works: [[WaitingJobs.Work]] = []
  }

  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    let signer = try WebhookSigner()
    let (keys, picture) = (
      signer.keySet, Array("\u{89}PNG\r\n\u{1A}\n".unicodeScalars.map { UInt8($0.value) })
    )
    let file = LoopbackListener.Answer(
      status: "200 OK", contentType: "image/png", body: picture + Array(repeating: 0, count: 2_000))
    let vendors = try LoopbackListener { path in
      if path.hasSuffix("jwks.json") {
        return LoopbackListener.Answer(status: "200 OK", contentType: "application/json", body: keys)
      }
      return path.contains("/files/") ? file : .missing
    }
    defer { vendors.stop() }
    let database = setting.folder.appending(path: "webhooks.db")
    defer { PopulatedDatabase.remove(database) }

    var all: [Series] = [
      Series(name: "Standard Webhooks (Replicate)", vendors: [.replicate]),
      Series(name: "Ed25519 (fal)", vendors: [.fal]),
      Series(name: "both, in turn", vendors: [.replicate, .fal]),
      Series(name: "both, and each result copied", vendors: [.replicate, .fal], copies: true),
      Series(name: "wrong signatures (401)", vendors: [.replicate, .fal], isWrong: true),
    ]
    try fill(&all, setting, database, vendors, signer)
    // The limit of a source would be met: it is another benchmark's matter.
    let router = try WebhookRouter(
      setting, database: database, vendors: vendors, signer: signer,
      ["--webhook-rate", "1000000", "--webhook-burst", "1000000"])
    defer { router.process.stop() }

    report.section(
      "POST /webhooks/{provider}: distinct running jobs, \(connections) connections, at most \(setting.seconds) s a load",
      ["webhooks/s", "p50", "p99", "CPU/call"])
    var acknowledged: [WaitingJobs.Work] = []
    var untouched: [WaitingJobs.Work] = []
    for series in all {
      let works = series.works.flatMap { $0 }
      let requests = try requests(series, signer, port: vendors.port)
      let before = router.process.processorTime
      let load = try WebhookLoad.run(
        requests.map(\.bytes), port: router.port, connections: connections, seconds: setting.seconds)
      let cost = (router.process.processorTime - before) / Double(load.times.nanoseconds.count)
      let wanted = series.isWrong ? 401 : 200
      guard load.count(wanted) == load.times.nanoseconds.count else {
        throw BenchFailure(
          "\(series.name): not all were answered by \(wanted): \(Set(load.statuses.compactMap { $0 }))")
      }
      report.figures(
        series.name,
        [
          BenchReport.short(load.rate), BenchReport.time(load.times.median),
          BenchReport.time(load.times.percentile(0.99)), BenchReport.time(cost * 1e9),
        ], value: load.rate, series.isWrong ? nil : .atLeast(target, "webhooks/s"))
      if series.isWrong {
        untouched += works
      } else {
        let done = zip(requests, load.statuses).filter { $1 == 200 }.map(\.0.work)
        if series.copies { try awaitCopies(of: done, router, &report) }
        acknowledged += done
      }
    }

    // As a power cut would: what was acknowledged must be there all the same.
    router.process.crash()
    let ledger = try SQLiteLedger(path: database.path)
    defer { try? ledger.close() }
    let ended = try WaitingJobs.tally(acknowledged, ledger)
    let refused = try WaitingJobs.tally(untouched, ledger)
    guard ended.done == acknowledged.count, refused.untouched == untouched.count else {
      throw BenchFailure(
        "after kill -9: \(acknowledged.count) were acknowledged, \(ended.done) jobs succeeded once; of "
          + "\(untouched.count) jobs with wrong signatures \(refused.untouched) are untouched")
    }
    report.note(
      "after kill -9 each of the \(acknowledged.count) acknowledged ones has ended its job by one success, and the "
        + "\(untouched.count) jobs with wrong signatures are as they were")
  }

  /// Decisions by a router, and jobs for them once it is gone.
  private static func fill(
    _ all: inout [Series], _ setting: Setting, _ database: URL, _ vendors: LoopbackListener,
    _ signer: WebhookSigner
  ) throws {
    let router = try WebhookRouter(setting, database: database, vendors: vendors, signer: signer)
    var decisions: [[[Identifier]]] = []
    do {
      defer { router.process.stop() }
      for series in all {
        let count = (series.isWrong ? 1_000 : 4_000 * setting.seconds) / series.vendors.count
        decisions.append(try series.vendors.map { try router.decisions(count, $0) })
      }
    }
    let ledger = try SQLiteLedger(path: database.path)
    defer { try? ledger.close() }
    for index in all.indices {
      all[index].works = try zip(all[index].vendors, decisions[index]).map { vendor, ids in
        try WaitingJobs.fill(
          ledger, vendor, decisions: ids, copies: all[index].copies, series: "w\(index)-\(vendor)")
      }
    }
  }

  /// Signed now, in the order in which they are sent.
  private static func requests(
    _ series: Series, _ signer: WebhookSigner, port: Int
  ) throws -> [(work: WaitingJobs.Work, bytes: [UInt8])] {
    var requests: [(work: WaitingJobs.Work, bytes: [UInt8])] = []
    for number in 0..<(series.works.map(\.count).min() ?? 0) {
      for (vendor, works) in zip(series.vendors, series.works) {
        let work = works[number]
        let bytes = try signer.request(
          vendor, work: work.name, token: work.token,
          file: "http://127.0.0.1:\(port)/\(vendor)/files/\(number % 64).png", isWrong: series.isWrong)
        requests.append((work, bytes))
      }
    }
    return requests
  }

  /// Copies go on after the acknowledgement; the last one is over when every job is.
  private static func awaitCopies(
    of works: [WaitingJobs.Work], _ router: WebhookRouter, _ report: inout BenchReport
  ) throws {
    let begin = Measurement.now()
    let connection = try router.connect()
    for work in works.reversed() {
      while true {
        let state = try connection.json("GET", "/v1/jobs/\(work.job)")["state"]?.stringValue
        if state == "succeeded" { break }
        guard state == "running", Measurement.now() - begin < 120_000_000_000 else {
          throw BenchFailure("job \(work.job) is \(state ?? "gone") after its webhook")
        }
        usleep(2_000)
      }
    }
    report.note(
      "the last copy was stored \(BenchReport.time(Double(Measurement.now() - begin))) after the last acknowledgement"
    )
  }
}
