import Credits
import Foundation
import Jobs
import Routing
import Serving
import Testing
import VendorStreet
import Wire

@testable import pointsman

/// Work that callers pay with their own keys, at vendors that check them.
@Suite("Callers' keys on the street")
struct StreetForwardedTests {
  private static let secret = "the-callers-own-key-4711"

  private static func order(_ key: String) throws -> JobOrder {
    let input: JSONValue = ["prompt": "a fox in the snow"]
    return JobOrder(
      intent: Intent(capability: .imageGeneration, text: "a fox in the snow"), input: try WorkInput(input),
      inputJSON: input.serialized(), credentials: ["replicate": CallerCredential(key)])
  }

  private static func done(_ key: String, _ router: StreetWorld.Router) async throws -> JSONValue {
    try await router.finish(try await router.executors.jobs.submit(try order(key)).job.id.description)
  }

  @Test("The vendor sees the caller's key, the disk does not, and a wrong one stops nobody else")
  func passedThrough() async throws {
    let plan = StreetWorld.Plan(models: [StreetModel.replicate, StreetModel.fal], forwarded: ["replicate"])
    try await StreetWorld.open(plan) { world in
      let router = try await world.start()
      // The street refuses keys that begin with this word.
      let wrong = try await Self.done("invalid-\(Self.secret)", router)
      #expect(wrong["executed"] == "fal/flux-dev" && wrong["state"] == "succeeded")
      #expect(wrong["attempts"]?.arrayValue?.first?["error"]?["class"] == "auth_credit")
      let right = try await Self.done(Self.secret, router)
      #expect(right["executed"] == "replicate/flux-schnell" && right["state"] == "succeeded")
      let without = try await router.done("image_generation", ["prompt": "a fox"])
      #expect(without["executed"] == "fal/flux-dev" && without["attempts"]?.arrayValue?.count == 1)
      let accounts = try await router.client.get("/v1/accounts")["accounts"]?.arrayValue ?? []
      let mine = accounts.first { $0["id"] == "forwarded:replicate" }
      #expect(mine?["entries"] == 1 && mine?["balance_usd"]?.doubleValue == 0)
      await router.stop()
      for file in try FileManager.default.contentsOfDirectory(
        at: URL(filePath: world.database).deletingLastPathComponent(), includingPropertiesForKeys: nil)
      where file.lastPathComponent.hasPrefix("p.db") {
        #expect(
          try Data(contentsOf: file).range(of: Data(Self.secret.utf8)) == nil, "\(file.lastPathComponent)")
      }
    }
  }
}
