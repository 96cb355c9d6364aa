import Foundation
import Persistence
import Routing
import Serving
import Synchronization
import TestSupport
import Testing
import Wire

@testable import pointsman

/// The real executable, ended by SIGKILL while it works.
@Suite("A router that is killed", .serialized)
struct CrashTests {
  @Test("kill -9 under load: every acknowledged judgement is there, and the log folds to the stored state")
  func killedUnderLoad() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pointsman-crash-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = folder.appending(path: "ledger.db").path
    let acknowledged = Keys()

    for round in 0..<3 {
      let router = try await ServedRouter(database: database, folder: folder)
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<8 {
          group.addTask {
            for number in 0..<10_000 {
              let key = "r\(round)w\(worker)n\(number)"
              guard
                let decision = try? await router.client.post(
                  "/v1/decisions",
                  [
                    "capability": "text_generation",
                    "intent": .string("intent \(number % 50) of worker \(worker)"),
                  ])
              else { return }
              guard let id = decision["decision_id"]?.stringValue else { return }
              let feedback: JSONValue = [
                "id": .string(key), "decision_id": .string(id), "signal": "score",
                "value": .number(Double(number % 5) / 4),
              ]
              guard let receipt = try? await router.client.post("/v1/feedback", feedback),
                receipt["accepted"]?.integerValue == 1 || receipt["parked"]?.integerValue == 1
              else { return }
              acknowledged.insert(key)
            }
          }
        }
        group.addTask {
          // Not before there is something to lose.
          _ = await eventually { acknowledged.all.count > 60 * (round + 1) }
          for _ in 0..<6 {
            try? await Task.sleep(for: .milliseconds(250))
            _ = try? await router.client.post("/v1/epochs")
          }
          router.kill()
        }
      }
    }
    let keys = acknowledged.all
    #expect(keys.count > 100, "too little was acknowledged for the test to mean anything")

    // A restart finds everything; what was parked for a decision that died unrecorded stays parked.
    let router = try await ServedRouter(database: database, folder: folder)
    _ = try await router.client.post("/v1/epochs")
    router.terminate()

    let ledger = try SQLiteLedger(path: database, access: .readOnly)
    defer { try? ledger.close() }
    var found: Set<String> = []
    try ledger.feedback(after: 0) { entry in
      found.insert(entry.submission.id)
      return true
    }
    let parked = try ledger.counts().parked
    let missing = keys.subtracting(found)
    #expect(
      Int64(missing.count) <= parked, "\(missing.count) acknowledged judgements are neither stored nor parked"
    )
    let verification = try Replay.verify(ledger)
    #expect(verification.differences == [])
    #expect(verification.epochs > 3)

    var decisions: [Decision] = []
    try ledger.decisions(after: 0) { _, decision in
      decisions.append(decision)
      return true
    }
    let archive = SnapshotArchive(ledger)
    for decision in decisions.shuffled().prefix(1_000) { #expect(try archive.explain(decision).agrees) }
  }

  @Test("SIGTERM commits every decision that was answered")
  func terminatedUnderLoad() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pointsman-term-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = folder.appending(path: "ledger.db").path
    let router = try await ServedRouter(database: database, folder: folder)
    var answered: Set<String> = []
    for number in 0..<300 {
      let decision = try await router.client.post(
        "/v1/decisions", ["capability": "text_generation", "intent": .string("intent \(number)")])
      answered.insert(try #require(decision["decision_id"]?.stringValue))
    }
    router.terminate()
    let ledger = try SQLiteLedger(path: database, access: .readOnly)
    defer { try? ledger.close() }
    for id in answered { #expect(try ledger.decision(try #require(Identifier(id))) != nil) }
  }
}

/// What was acknowledged, by any worker.
final class Keys: Sendable {
  private let keys = Mutex<Set<String>>([])

  var all: Set<String> { keys.withLock { $0 } }

  func insert(_ key: String) { keys.withLock { _ = $0.insert(key) } }
}

/// `pointsman serve` on a free port of the loopback, with the hashing embedding and a catalogue of three.
final class ServedRouter: Sendable {
  let client: Client
  private let process: Process

  /// - Parameter shipped: a catalogue in the place of the one of three.
  init(database: String, folder: URL, catalogue shipped: String? = nil) async throws {
    let catalogue = folder.appending(path: "catalogue.yaml")
    try """
    version: 1
    providers:
      - {id: t, name: Test}
    models:
      - {id: t/one, capabilities: [text_generation]}
      - {id: t/two, capabilities: [text_generation]}
      - {id: t/three, capabilities: [text_generation]}
    """.write(to: catalogue, atomically: true, encoding: .utf8)
    let port = try FreePort.next()
    // The executable lies beside the test bundle; what a bundle's URL is differs by platform.
    let bundle = Bundle(for: ServedRouter.self).bundleURL
    let places = [bundle, bundle.deletingLastPathComponent()].map { $0.appending(path: "pointsman") }
    process = Process()
    guard let executable = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
    else {
      throw CocoaError(.fileNoSuchFile)
    }
    process.executableURL = executable
    process.arguments = [
      "serve", "--port", "\(port)", "--database", database, "--catalogue", shipped ?? catalogue.path,
      "--embedding", "hashing",
      "--log-level", "error",
    ]
    try process.run()
    client = try #require(Client("http://127.0.0.1:\(port)"))
    let client = client
    if await eventually({ (try? await client.get("/readyz")) != nil }) { return }
    process.terminate()
    throw ClientError.unreachable(client.base)
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func hangUp() { Foundation.kill(process.processIdentifier, SIGHUP) }

  func terminate() {
    process.terminate()
    process.waitUntilExit()
  }
}
