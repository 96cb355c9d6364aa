import Foundation
import Jobs
import Persistence
import Routing
import Serving
import Synchronization

/// The router's own share of an order: how long an order takes from the moment at which it is sent to the moment at
/// which a vendor that fails never has the submission, less what a call of the vendor itself takes for that, at the same
/// rate. Both moments are read from this machine's clock.
struct SoakOverhead {
  /// Milliseconds through the router, one for each order that a vendor has.
  let milliseconds: [Double]
  /// Milliseconds straight to the vendor.
  let direct: [Double]
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
    // The vendor alone first: the router that is there does nothing yet.
    _ = send(street.port, rate: settings.rate, seconds: 1, prefix: "warm", straight)
    let straightSent = send(
      street.port, rate: settings.rate, seconds: settings.overheadSeconds / 2, prefix: "straight", straight)
    // Warm: connections, prepared statements, embeddings.
    _ = send(router.port, rate: settings.rate, seconds: 3, prefix: "warm", order)
    let sent = send(
      router.port, rate: settings.rate, seconds: settings.overheadSeconds, prefix: "paced", order)
    usleep(3_000_000)
    return SoakOverhead(
      sent: sent, straight: straightSent, submissions: try street.submissions(), commit: commit)
  }

  /// What the router adds at a share of the orders, in milliseconds: the difference of the two quantiles; nil when
  /// nothing was measured.
  func added(_ share: Double) -> Double? {
    guard let through = Quantile.of(milliseconds, share), let direct = Quantile.of(direct, share) else {
      return nil
    }
    return through - direct
  }

  /// - Parameters:
  ///   - sent: to the router: microseconds since 1970, by reference.
  ///   - straight: the same, to the vendor.
  init(
    sent: [String: Int64], straight: [String: Int64], submissions: [SoakReconciliation.Submission],
    commit: Double
  ) {
    var first: [String: Int64] = [:]
    for submission in submissions {
      guard let reference = submission.reference else { continue }
      first[reference] = min(first[reference] ?? .max, submission.takenAt)
    }
    func passed(_ sent: [String: Int64]) -> [Double] {
      sent.compactMap { reference, at in first[reference].map { Double($0 - at) / 1_000 } }
    }
    milliseconds = passed(sent)
    direct = passed(straight)
    missing = sent.count - milliseconds.count
    self.commit = commit
  }

  static func order(_ reference: String, _ number: Int) -> [UInt8] {
    let capability = SoakStreet.capabilities[number % SoakStreet.capabilities.count]
    return LoopbackConnection.request(
      "POST", "/v1/jobs", SoakOrders.body(reference, number, capability),
      headers: [("idempotency-key", reference)])
  }

  /// At a vendor that answers as soon as it has taken the work on.
  static func straight(_ reference: String, _ number: Int) -> [UInt8] {
    LoopbackConnection.request(
      "POST", "/fal/fal-ai/flux/dev", #"{"prompt": "a kettle, number \#(number) [[ref: \#(reference)]]"}"#,
      headers: [("authorization", "Key soak")])
  }

  /// Calls at a fixed rate over eight connections.
  static func send(
    _ port: Int, rate: Double, seconds: Double, prefix: String,
    _ call: @escaping @Sendable (_ reference: String, _ number: Int) -> [UInt8]
  ) -> [String: Int64] {
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
          let request = call(reference, number)
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
