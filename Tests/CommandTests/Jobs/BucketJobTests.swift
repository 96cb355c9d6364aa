import Foundation
import Jobs
import Routing
import Serving
import TestSupport
import Testing
import Transport
import Wire

@testable import pointsman

/// From the order to the file in a bucket, over HTTP, with a database on disk.
@Suite(
  "Jobs whose artefacts go to a bucket",
  .enabled(
    if: MotoServer.isReady,
    "run Tests/VendorStreetTests/Scripts/packages.sh, which installs moto's server or says what is missing"),
  .serialized)
struct BucketJobTests {
  /// A fresh prefix in moto's bucket, behind signed links.
  static func plan(_ bucket: String = "artefacts", links: ArtefactLinkChoice = .signed) throws
    -> StreetWorld.Plan
  {
    let moto = try MotoServer.shared.get()
    var plan = StreetWorld.Plan(models: [StreetModel.fal])
    plan.settings = { settings in
      settings.artefacts = "s3://\(bucket)/jobs/\(UUID().uuidString)"
      settings.bucket.endpoint = moto.address
      settings.artefactLinks = links
    }
    return plan
  }

  static let order: JSONValue = ["prompt": "a lighthouse at dusk"]
  static let cached: [JSONValue.Member] = [.init("cache", true)]

  static func get(_ url: String) async throws -> HTTPAnswer {
    let policy = OutboundPolicy(
      hosts: nil, schemes: [.http], ports: [URL(string: url)?.port ?? 80],
      allowedRanges: [AddressRange("127.0.0.0/8")].compactMap { $0 })
    return try await HTTPTransport().answer(OutboundCall("GET", url, policy: policy))
  }

  @Test("The vendor's picture lies in the bucket, a signed link leads there, and a cached job shows it too")
  func lifeOfAPicture() async throws {
    try await StreetWorld.open(try Self.plan()) { world in
      try await world.serving { router in
        let job = try await router.done("image_generation", Self.order, Self.cached)
        #expect(job["state"] == "succeeded" && job["cached"] == false)
        let url = try #require(job["result"]?["artefacts"]?[0]?["url"]?.stringValue)
        #expect(url.hasPrefix("/v1/artefacts/") && url.contains("?expires=") && url.contains("&signature="))
        #expect(job["result"]?["artefacts"]?[0]?["expires_at"]?.stringValue != nil)
        let plain = try await Self.get(router.client.base + url.prefix { $0 != "?" })
        #expect(plain.status == 403)
        let led = try await Self.get(router.client.base + url)
        #expect(led.status == 307)
        let file = try await Self.get(try #require(led.headers["Location"]))
        #expect(
          file.status == 200
            && file.body.count == Int(job["result"]?["artefacts"]?[0]?["bytes"]?.integerValue ?? 0))
        #expect(file.headers["Content-Type"] == job["result"]?["artefacts"]?[0]?["content_type"]?.stringValue)

        let again = try await router.done("image_generation", Self.order, Self.cached)
        #expect(again["cached"] == true && again["attempts"] == [] && again["cost_usd"]?.doubleValue == 0)
        #expect(
          again["result"]?["artefacts"]?[0]?["url"]?.stringValue?.prefix { $0 != "?" }
            == url.prefix { $0 != "?" })
        #expect(world.taken("fal") == 1)

        let listed = try await router.client.get("/v1/artefacts")
        #expect(listed["totals"]?["count"] == 1 && listed["artefacts"]?[0]?["uses"] == 3)
        #expect(ArtefactsCommand.text(listed).contains("1 files"))
        let shown = CacheCommand.text(try await router.client.get("/v1/cache"))
        #expect(shown.contains("1 hits (0 by similarity), 1 misses: 50.0 %"), "\(shown)")
        #expect(try await router.client.post("/v1/artefacts:clean")["removed"] == 0)
        #expect(try await router.client.delete("/v1/cache", [("provider", "fal")])["dropped"] == 1)
        #expect(try await router.client.get("/v1/artefacts")["artefacts"]?[0]?["uses"] == 2)
      }
      // The account and the answer to give are on disk.
      try await world.serving { router in
        let listed = try await router.client.get("/v1/artefacts")
        #expect(listed["totals"]?["count"] == 1)
      }
    }
  }

  @Test("A bucket that refuses leaves the job its vendor's address, after five tries")
  func refused() async throws {
    try await StreetWorld.open(try Self.plan("nobody-made-this")) { world in
      try await world.serving { router in
        let job = try await router.done("image_generation", Self.order, Self.cached)
        #expect(job["state"] == "succeeded")
        let url = try #require(job["result"]?["artefacts"]?[0]?["url"]?.stringValue)
        #expect(url.hasPrefix(world.root), "\(url)")
        #expect(try await Self.get(url).status == 200)
        #expect(try await router.client.get("/v1/artefacts")["totals"]?["count"] == 0)
      }
    }
  }
}
