import Foundation
import Jobs
import Persistence
import Routing
import Serving
import Wire

/// A hundred thousand deliveries that wait: what a router holds of them, and how long it takes to show them.
enum DeliveryBenchmarks {
  static let count = 100_000

  static func run(_ report: inout BenchReport, _ setting: Setting) throws {
    let signer = try WebhookSigner()
    let vendors = try LoopbackListener { _ in .missing }
    defer { vendors.stop() }
    let database = setting.folder.appending(path: "deliveries.db")
    defer { PopulatedDatabase.remove(database) }
    report.section(
      "\(count) pending deliveries for 1,000 receivers", ["resident", "median", "p99", "to none"])
    let none = try measure("none pending", setting, database, vendors, signer, &report, reference: nil)
    try fill(database)
    _ = try measure("\(count) pending", setting, database, vendors, signer, &report, reference: none)
  }

  /// - Returns: the resident memory in MiB.
  private static func measure(
    _ name: String, _ setting: Setting, _ database: URL, _ vendors: LoopbackListener, _ signer: WebhookSigner,
    _ report: inout BenchReport, reference: Double?
  ) throws -> Double {
    let router = try WebhookRouter(setting, database: database, vendors: vendors, signer: signer)
    defer { router.process.stop() }
    let connection = try router.connect()
    usleep(UInt32(setting.seconds) * 1_000_000)
    var times: [Double] = []
    var next = ""
    var shown = 0
    repeat {
      var page: JSONValue = .null
      times.append(
        try Measurement.time {
          page = try connection.json("GET", "/v1/deliveries?state=pending&limit=500\(next)")
        })
      shown += page["deliveries"]?.arrayValue?.count ?? 0
      next = page["next"]?.stringValue.map { "&before=\($0)" } ?? ""
    } while !next.isEmpty
    guard shown == (reference == nil ? 0 : count) else {
      throw BenchFailure("\(shown) pending deliveries were listed")
    }
    let resident = router.process.residentMemory / 1_048_576
    let pages = Measurement("", nanoseconds: times)
    let ratio = reference.map { resident / $0 }
    report.figures(
      "\(name), a page of 500",
      [
        BenchReport.short(resident, "MiB"), BenchReport.time(pages.median),
        BenchReport.time(pages.percentile(0.99)), ratio.map { String(format: "%.2f×", $0) } ?? "",
      ], value: ratio ?? .nan, reference == nil ? nil : .atMost(1.5, "×"))
    return resident
  }

  /// Due in an hour, so that they stay what they are.
  private static func fill(_ database: URL) throws {
    let ledger = try SQLiteLedger(path: database.path)
    defer { try? ledger.close() }
    let start = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 1_500)
    for first in stride(from: 0, to: count, by: 2_000) {
      var batch = LedgerBatch()
      for number in first..<first + 2_000 {
        let id = Identifier(at: start, random: UInt64(number), UInt64(number))
        let delivery = Delivery(
          id: id, job: id, event: "job.succeeded", url: "https://r\(number % 1_000).example/done",
          created: start, due: start + .hours(1))
        batch.deliveries.append(DeliveryChange(delivery, before: nil, payload: payload))
      }
      _ = try ledger.append(batch)
    }
  }
}
