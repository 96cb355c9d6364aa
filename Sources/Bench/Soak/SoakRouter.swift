import Foundation
import Jobs
import Persistence
import Routing
import Serving
import Wire

/// The router of a soak: killed and started again on the same port and the same database.
final class SoakRouter {
  let port: Int
  let database: URL
  private let setting: Setting
  private let catalogue: URL
  private let environment: [String: String]
  private(set) var process: ChildProcess

  /// - Parameter street: whose vendors it works with.
  init(_ setting: Setting, named name: String, street: SoakStreet) throws {
    self.setting = setting
    port = try LoopbackConnection.freePort()
    database = setting.folder.appending(path: "\(name).db")
    catalogue = setting.folder.appending(path: "\(name).yaml")
    try SoakStreet.catalogue(port: street.port).write(to: catalogue, atomically: false, encoding: .utf8)
    var environment = SoakStreet.credentials
    environment["REPLICATE_WEBHOOK_SECRET"] = try SoakRouter.secret(of: street)
    self.environment = environment
    process = try SoakRouter.start(setting, port, database, catalogue, environment)
    try awaitReady()
  }

  private static func secret(of street: SoakStreet) throws -> String {
    let request = LoopbackConnection.request(
      "GET", "/replicate/v1/webhooks/default/secret", headers: [("authorization", "Bearer soak")])
    // Faults strike this call as any other.
    for _ in 0..<50 {
      guard let connection = try? LoopbackConnection(port: street.port, patience: 2),
        (try? connection.exchange(request)) == 200, let key = try? connection.json()["key"]?.stringValue
      else { continue }
      return key
    }
    throw BenchFailure("the street gave no webhook secret")
  }

  private static func start(
    _ setting: Setting, _ port: Int, _ database: URL, _ catalogue: URL, _ environment: [String: String]
  ) throws -> ChildProcess {
    try ChildProcess(
      setting.server,
      [
        "serve", "--port", "\(port)", "--database", database.path, "--catalogue", catalogue.path, "--epoch",
        "1h",
        "--embedding", "hashing", "--log-level", "error", "--public-url", "http://127.0.0.1:\(port)",
        "--artefacts", database.deletingPathExtension().path + "-artefacts",
      ], in: setting.folder, environment: environment)
  }

  private func awaitReady() throws {
    let begin = Measurement.now()
    while Measurement.now() - begin < 60_000_000_000 {
      guard process.isRunning else { throw BenchFailure("pointsman did not start: \(process.complaint)") }
      let ready = try? LoopbackConnection(port: port, patience: 10).exchange(
        LoopbackConnection.request("GET", "/readyz"))
      if ready == 200 { return }
      usleep(5_000)
    }
    throw BenchFailure("pointsman was not ready within a minute: \(process.complaint)")
  }

  /// Kills it and starts it again.
  ///
  /// - Returns: how long it was away, in seconds.
  func killAndRestart() throws -> Double {
    let begin = Measurement.now()
    process.crash()
    process = try SoakRouter.start(setting, port, database, catalogue, environment)
    try awaitReady()
    return Double(Measurement.now() - begin) / 1e9
  }

  func stop() { process.stop() }

  /// Its ledger, read beside it.
  func ledger() throws -> SQLiteLedger { try SQLiteLedger(path: database.path, access: .readOnly) }

  /// How a job stands, as its caller is told; nil when there is none.
  func state(of job: String, _ connection: LoopbackConnection) throws -> String? {
    let status = try connection.exchange(LoopbackConnection.request("GET", "/v1/jobs/\(job)"))
    guard status != 404 else { return nil }
    guard status == 200 else { throw BenchFailure("GET /v1/jobs/\(job) answered \(status)") }
    return try connection.json()["state"]?.stringValue
  }
}

extension SQLiteLedger {
  /// Every job, oldest first, with what its input is marked with.
  func soaked() throws -> [(job: Job, reference: String?)] {
    var all: [Job] = []
    while true {
      let page = try jobs(states: nil, before: all.last?.id, limit: 2_000)
      all += page
      if page.count < 2_000 { break }
    }
    return try all.reversed().map { job in
      let input = try jobInput(job.input.reference)
      return (job, input.flatMap { SoakBook.reference(in: String(decoding: $0, as: UTF8.self)) })
    }
  }
}

extension SoakReconciliation.Executed {
  init(_ job: Job, reference: String?) {
    self.init(
      id: job.id.description, reference: reference, state: job.state,
      isFlagged: JobOutcome(job).possibleDoubleSpend,
      attempts: job.attempts.map { attempt in
        Try(
          provider: SoakStreet.vendor(of: job.plan[attempt.candidate].provider),
          vendorID: attempt.vendor?.id, state: attempt.state,
          failure: attempt.failure?.failureClass)
      })
  }
}
