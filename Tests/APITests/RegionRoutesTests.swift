import API
import Persistence
import Routing
import Serving
import TestSupport
import Testing
import Wire

@Suite struct RegionRoutesTests {
  static let cinematic: JSONValue = [
    "id": "cinematic", "capability": "text_to_video",
    "examples": ["a cinematic drone shot at dawn", "a slow cinematic dolly through fog"],
  ]

  @Test("a named region holds from the next epoch on, and intents near its examples belong to it")
  func names() async throws {
    try await TestRouter.run { router in
      let before = try await router.get("/v1/regions")
      #expect(before["/regions"] == [] && before["/pending_version"] == .null)
      #expect(before["/embedding"] == "hashing-256" && before["/dimension"] == 256)
      let reply = try await router.post("/v1/regions", Self.cinematic)
      #expect(reply.status == 202 && reply["/effective_epoch"] == 1)
      let region: JSONValue = [
        "id": "cinematic", "capability": "text_to_video", "origin": "named",
        "examples": Self.cinematic["examples"]!,
      ]
      #expect(reply["/region"] == region)
      let pending = try await router.get("/v1/regions")
      #expect(pending["/regions"] == [] && pending["/pending_version"] == reply["/map_version"])
      let shot: JSONValue = [
        "capability": "text_to_video", "intent": "cinematic drone shot over fjords at dawn",
      ]
      #expect(try await router.decide(shot)["/region/id"] == "root")
      try await router.closeEpoch()
      let holds = try await router.get("/v1/regions")
      #expect(holds["/regions"] == [region] && holds["/pending_version"] == .null)
      #expect(holds["/map_version"] == reply["/map_version"])
      let placed = try await router.decide(shot)
      #expect(placed["/region/id"] == "cinematic")
      #expect((placed.json.number("/region/similarity") ?? 0) > 0.5)
      let far = try await router.decide(["capability": "text_to_video", "intent": "ZQJX 4711"])
      #expect(far["/region/id"] == "root")
      let other = try await router.decide([
        "capability": "image_generation", "intent": "cinematic drone shot at dawn",
      ])
      #expect(other["/region/id"] == "root")
    }
  }

  @Test("naming a region again gives it new examples; the same ones again change nothing")
  func again() async throws {
    try await TestRouter.run { router in
      let first = try await router.post("/v1/regions", Self.cinematic)
      #expect(try await router.post("/v1/regions", Self.cinematic)["/map_version"] == first["/map_version"])
      let changed = try await router.post(
        "/v1/regions", ["id": "cinematic", "examples": ["foxes in the snow"]])
      #expect(changed.status == 202 && changed["/map_version"] != first["/map_version"])
      try await router.closeEpoch()
      let regions = try await router.get("/v1/regions")
      #expect(regions["/regions"]?.arrayValue?.count == 1)
      #expect(
        regions["/regions/0/capability"] == .null && regions["/regions/0/examples/0"] == "foxes in the snow")
    }
  }

  @Test(
    "a region that cannot be is refused",
    arguments: [
      (["id": "root", "examples": ["x y"]], "/id"), (["id": "", "examples": ["x y"]], "/id"),
      (["examples": ["x y"]], "/id"), (["id": "r"], "/examples"), (["id": "r", "examples": []], "/examples"),
      (["id": "r", "examples": [""]], "/examples/0"), (["id": "r", "examples": ["?!", "…"]], "/examples"),
      (["id": "r", "capability": "video", "examples": ["x y"]], "/capability"),
      (["id": "r", "examples": ["x y"], "exmaples": ["z"]], "/exmaples"),
      (["id": .string(String(repeating: "r", count: 101)), "examples": ["x y"]], "/id"),
    ] as [(JSONValue, String)])
  func invalid(body: JSONValue, pointer: String) async throws {
    try await TestRouter.run { router in
      let reply = try await router.post("/v1/regions", body)
      #expect(reply.status == 400 && reply.pointers == [pointer])
      #expect(try await router.get("/v1/regions")["/pending_version"] == .null)
    }
  }

  @Test("named regions are bounded; those that exist may still get new examples")
  func bounded() async throws {
    var limits = RequestLimits()
    limits.namedRegions = 2
    try await TestRouter.run(limits: limits) { router in
      for id in ["a", "b"] {
        let reply = try await router.post("/v1/regions", ["id": .string(id), "examples": ["x y"]])
        #expect(reply.status == 202)
      }
      let third = try await router.post("/v1/regions", ["id": "c", "examples": ["x y"]])
      #expect(third.status == 409 && third.slug == "too-many-regions")
      let again = try await router.post("/v1/regions", ["id": "b", "examples": ["foxes"]])
      #expect(again.status == 202)
    }
  }

  @Test("without intents there is nothing to fit")
  func nothingToFit() async throws {
    try await TestRouter.run { router in
      let reply = try await router.post("/v1/regions:fit", ["count": 2])
      #expect(reply.status == 409 && reply.slug == "not-enough-intents")
      for number in 0..<3 { _ = try await router.decision(number == 0 ? "one" : "two") }
      #expect(try await router.post("/v1/regions:fit", ["count": 3]).status == 409)
      #expect(try await router.get("/v1/regions")["/pending_version"] == .null)
      for (body, pointer) in [
        ([:], "/count"), (["count": 0], "/count"), (["count": 1_025], "/count"), (["count": 2.5], "/count"),
        (["count": 2, "seed": -1], "/seed"), (["count": 2, "capability": "x"], "/capability"),
        (["count": 2, "k": 1], "/k"),
      ] as [(JSONValue, String)] {
        #expect(try await router.post("/v1/regions:fit", body).pointers == [pointer])
      }
    }
  }

  @Test(
    "fitted regions hold from the next epoch on; the past counts again and stays explained",
    arguments: [false, true])
  func fits(isSQLite: Bool) async throws {
    try await withDatabase { path in
      let ledger: any Ledger = isSQLite ? try SQLiteLedger(path: path) : MemoryLedger()
      try await TestRouter.run(on: ledger) { router in
        var ids: [String] = []
        for number in 0..<40 {
          let text =
            number % 2 == 0
            ? "a red fox number \(number) in deep snow" : "portrait \(number) of an old sailor"
          let reply = try await router.decide(["capability": "image_generation", "intent": .string(text)])
          let id = try #require(reply.json.text("/decision_id"))
          ids.append(id)
          _ = try await router.feedback([
            "decision_id": .string(id), "signal": "score", "value": number % 2 == 0 ? 1 : 0,
          ])
        }
        try await router.closeEpoch()
        let fit = try await router.post(
          "/v1/regions:fit", ["count": 2, "seed": 7, "capability": "image_generation"])
        #expect(fit.status == 202)
        #expect(fit["/fitted"] == [["capability": "image_generation", "intents": 40, "regions": 2]])
        #expect(
          try await router.get("/v1/rankings?capability=image_generation&region=image_generation/01").status
            == 404)
        try await router.closeEpoch()
        let regions = try await router.get("/v1/regions")["/regions"]?.arrayValue ?? []
        #expect(regions.compactMap { $0.text("/id") } == ["image_generation/01", "image_generation/02"])
        #expect(regions.allSatisfy { $0["origin"] == "learned" })
        // 20 scores of 1 and 20 of 0, now told apart: what counted under no region counts in its own.
        var totals: [Double] = []
        for region in ["image_generation/01", "image_generation%2F02"] {
          let reply = try await router.get("/v1/rankings?capability=image_generation&region=\(region)")
          let rows = reply["/rankings"]?.arrayValue ?? []
          let mass = rows.compactMap { $0.number("/observations") }.reduce(0, +)
          #expect(abs(mass - 20) < 0.1)
          totals.append(rows.compactMap { $0.number("/quality") }.max() ?? -1)
        }
        #expect(totals.max()! > 0.8 && totals.min()! < 0.3)
        for id in ids {
          let reply = try await router.get("/v1/decisions/\(id)/explanation")
          #expect(reply["/agrees"] == true && reply["/placement/region"] == "root")
        }
        let taken = try await router.post(
          "/v1/regions", ["id": "image_generation/01", "examples": ["foxes"]])
        #expect(taken.status == 400 && taken.pointers == ["/id"])
        let unknown = try await router.get("/v1/rankings?capability=image_generation&region=nowhere")
        #expect(unknown.slug == "not-found")
        #expect(
          unknown.json.text("/detail")?.contains("root, image_generation/01, image_generation/02") == true)
        #expect(try Replay.verify(ledger).differences == [])
      }
      try ledger.close()
    }
  }
}
