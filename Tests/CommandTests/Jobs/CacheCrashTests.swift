import Foundation
import Jobs
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Transport
import Wire

@testable import pointsman

/// The real executable, killed while jobs end, are answered from the cache, and share their files.
@Suite("A cache that is killed", .serialized)
struct CacheCrashTests {
  static func order(_ number: Int) -> JSONValue {
    [
      "capability": "image_generation", "input": ["prompt": .string("a fox, number \(number)")],
      "constraints": ["only": ["sandbox/steady"]], "cache": true,
    ]
  }

  @Test(
    "kill -9 under load: every job taken in ends, what was made is there, and each reference is counted once")
  func killed() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pointsman-cache-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = folder.appending(path: "ledger.db").path
    var taken: [String] = []
    let acknowledged = Keys()
    for round in 0..<3 {
      let router = try await ServedRouter(
        database: database, folder: folder, catalogue: ExecutorsTests.shipped)
      taken += await withTaskGroup(of: [String].self) { group in
        for worker in 0..<4 {
          group.addTask {
            var ids: [String] = []
            // Few prompts, so that most are answered by what another worker had made; some are new in each round.
            for number in 0..<400 {
              guard
                let job = try? await router.client.post(
                  "/v1/jobs", Self.order(number % 3 == 0 ? 100 * round + number + worker : number % 5)),
                let id = job["id"]?.stringValue
              else { return ids }
              ids.append(id)
              acknowledged.insert(id)
            }
            return ids
          }
        }
        try? await Task.sleep(for: .milliseconds(1_200))
        // Not before there is something to lose.
        _ = await eventually { acknowledged.all.count > 60 * (round + 1) }
        router.kill()
        return await group.reduce(into: []) { $0 += $1 }
      }
    }
    #expect(taken.count > 50, "too few were taken in for the test to mean anything")

    let router = try await ServedRouter(
      database: database, folder: folder, catalogue: ExecutorsTests.shipped)
    defer { router.terminate() }
    var cached = 0
    var files: Set<String> = []
    for id in taken {
      var job = JSONValue.null
      let isOver = await eventually {
        job = (try? await router.client.get("/v1/jobs/\(id)")) ?? .null
        return job["ended_at"]?.isNull == false
      }
      #expect(isOver, "\(id)")
      if job["cached"] == true {
        cached += 1
        #expect(job["attempts"] == [] && job["state"] == "succeeded")
      }
      // What was being submitted when the router was killed may have arrived, and is not posted blindly again.
      guard job["state"] == "succeeded" else {
        #expect(job["attempts"] != [] && job["result"] == .null, "\(id)")
        continue
      }
      if let file = job["result"]?["artefacts"]?[0]?["url"]?.stringValue { files.insert(file) }
    }
    #expect(cached > 10)
    for file in files {
      let call = OutboundCall("GET", router.client.base + file, policy: Self.loopback(router.client.base))
      #expect(try await HTTPTransport().answer(call).status == 200)
    }
    #expect(try await router.client.post("/v1/artefacts:clean")["removed"] == 0)

    let ledger = try SQLiteLedger(path: database, access: .readOnly)
    defer { try? ledger.close() }
    let jobs = try ledger.jobs(states: [.succeeded], before: nil, limit: 1_000_000)
    let references = jobs.reduce(0) { $0 + Set(($1.result?.copies ?? []).map(\.name)).count }
    let uses = try ledger.artefactRecords(after: nil, limit: 1_000_000).reduce(0) { $0 + $1.uses }
    // Each answer that is kept holds the one file that its job made.
    let kept = try ledger.cacheTotals().entries
    #expect(kept > 5 && uses == references + kept)
  }

  private static func loopback(_ base: String) -> OutboundPolicy {
    OutboundPolicy(
      hosts: nil, schemes: [.http], ports: [URL(string: base)?.port ?? 80],
      allowedRanges: [AddressRange("127.0.0.0/8")].compactMap { $0 })
  }
}
