import Foundation
import Jobs
import Persistence
import Routing
import Serving
import Synchronization

/// The router's own share of an order: from the moment at which it is sent to the moment at which a vendor that fails
/// never has the submission. Both are read from this machine's clock; the way to the router is counted in.
struct SoakOverhead {
  /// Milliseconds, one for each order that a vendor has.
  let milliseconds: [Double]
  /// Orders that no vendor had by the end.
  let missing: Int
  /// Of one durable commit of one change of a job on this disk, alone, in milliseconds.
  let commit: Double

  static func run(_ setting: Setting, _ settings: SoakSettings) throws -> SoakOverhead {
    let commit = try commitTime(setting)
    let street = try SoakStreet(setting, seed: settings.seed, share: 0, run: 500)
    defer { street.process.stop() }
    let router = try SoakRouter(setting, named: "overhead", street: street)
    defer { router.stop() }
    // Warm: connections, prepared statements, embeddings.
    _ = send(router.port, rate: settings.rate, seconds: 3, prefix: "warm")
    let sent = send(router.port, rate: settings.rate, seconds: settings.overheadSeconds, prefix: "paced")
    usleep(3_000_000)
    return SoakOverhead(sent: sent, submissions: try street.submissions(), commit: commit)
  }

  /// - Parameters:
  ///   - sent: microseconds since 1970, by reference.
  init(sent: [String: Int64], submissions: [SoakReconciliation.Submission], commit: Double) {
    var first: [String: Int64] = [:]
    for submission in submissions {
      guard let reference = submission.reference else { continue }
      first[reference] = min(first[reference] ?? .max, submission.takenAt)
    }
    milliseconds = sent.compactMap { reference, at in first[reference].map { Double($0 - at) / 1_000 } }
    missing = sent.count - milliseconds.count
    self.commit = commit
  }

  /// Orders at a fixed rate over eight connections.
  private static func send(_ port: Int, rate: Double, seconds: Double, prefix: String) -> [String: Int64] {
    let sent = Mutex<[String: Int64]>([:])
    let connections = 8
    let threads = DispatchGroup()
    let start = Measurement.now() + 50_000_000
    let gap = Double(connections) / rate * 1e9
    for index in 0..<connections {
      threads.enter()
      Thread {
        defer { threads.leave() }
        guard let connection = try? LoopbackConnection(port: port, patience: 30) else { return }
        for number in 0..<Int(seconds * rate / Double(connections)) {
          let due = start + UInt64(gap * (Double(number) + Double(index) / Double(connections)))
          let reference = "\(prefix)-\(index)-\(number)"
          let capability = SoakStreet.capabilities[number % SoakStreet.capabilities.count]
          let request = LoopbackConnection.request(
            "POST", "/v1/jobs", SoakOrders.body(reference, number, capability),
            headers: [("idempotency-key", reference)])
          let now = Measurement.now()
          if due > now { usleep(UInt32((due - now) / 1_000)) }
          let at = Int64(Date().timeIntervalSince1970 * 1e6)
          guard let status = try? connection.exchange(request), (200..<300).contains(status) else { return }
          sent.withLock { $0[reference] = at }
        }
      }.start()
    }
    threads.wait()
    return sent.withLock { $0 }
  }

  private static func commitTime(_ setting: Setting) throws -> Double {
    let path = setting.folder.appending(path: "commit.db")
    let ledger = try SQLiteLedger(path: path.path)
    defer {
      try? ledger.close()
      PopulatedDatabase.remove(path)
    }
    var traffic = JobTraffic()
    var times: [Double] = []
    for _ in 0..<200 {
      var batch = LedgerBatch()
      batch.jobs = [try traffic.next()]
      let start = Measurement.now()
      _ = try ledger.append(batch)
      times.append(Double(Measurement.now() - start) / 1e6)
    }
    return Quantile.of(times, 0.5) ?? .nan
  }
}
