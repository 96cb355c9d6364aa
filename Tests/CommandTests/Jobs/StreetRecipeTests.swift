import Compositor
import Foundation
import Hummingbird
import Jobs
import Persistence
import Recipes
import Routing
import Serving
import TestSupport
import Testing
import Transport
import Wire

@testable import pointsman

/// The shipped recipes from the request to the file, at vendors of the street.
@Suite("Recipes on the street")
struct StreetRecipeTests {
  static let animator = "id: runway/gen4-turbo, model: gen4_turbo, capabilities: [image_to_video]"
  static let enlarger = "id: fal/clarity, model: fal-ai/clarity-upscaler, capabilities: [super_resolution]"
  static let writer = "id: openai/gpt-5-mini, model: gpt-5-mini, capabilities: [text_generation]"
  static let speaker = "id: openai/gpt-4o-mini-tts, model: gpt-4o-mini-tts, capabilities: [text_to_speech]"
  static let sandbox = "id: sandbox, kind: local"

  static func sandboxModel(_ capabilities: String) -> String {
    "id: sandbox/steady, model: steady, capabilities: [\(capabilities)]"
  }

  static func states(_ generation: JSONValue) -> [String] {
    generation["steps"]?.arrayValue?.map { $0.text("state") } ?? []
  }

  static func executed(_ generation: JSONValue, _ step: Int) -> [String] {
    generation["steps"]?[step]?["jobs"]?.arrayValue?.map { $0.text("executed") } ?? []
  }

  @Test("A picture is made and moved; one's own is moved alone, without a picture being made")
  func imageToVideo() async throws {
    let plan = StreetWorld.Plan(models: [StreetModel.fal, Self.animator])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let made = try await router.generate("image_to_video", ["input": ["prompt": "a fox in the snow"]])
        #expect(made.text("state") == "succeeded", "\(made)")
        #expect(
          made["recipe"]?["name"] == "image-to-video" && Self.states(made) == ["succeeded", "succeeded"])
        #expect(world.taken("fal") == 1 && world.taken("runway") == 1)
        #expect(try await router.artefact(of: made).dropFirst(4).starts(with: Array("ftyp".utf8)))
        let picture = try #require(made["steps"]?[0]?["jobs"]?[0])
        #expect(picture["cost_usd"]?.doubleValue ?? 0 > 0)
        let url = try #require(picture["result"]?["url"])
        let moved = try await router.generate(
          "image_to_video", ["input": ["prompt": "it runs", "image_url": url]])
        #expect(moved.text("state") == "succeeded", "\(moved)")
        #expect(Self.states(moved) == ["skipped", "succeeded"])
        #expect(world.taken("fal") == 1 && world.taken("runway") == 2)
      }
    }
  }

  @Test("A picture is made, enlarged and reviewed; the verdict is in the end")
  func reviewedPicture() async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.fal, Self.enlarger, Self.sandboxModel("quality_review")],
      providers: [Self.sandbox])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let end = try await router.generate(
          "image_generation", ["recipe": "reviewed-picture", "input": ["prompt": "a fox in the snow"]])
        let verdict = try #require(end["verdict"])
        let score = try #require(verdict["score"]?.doubleValue)
        #expect(verdict["least"] == 0.6 && verdict["accepted"]?.boolValue == (score >= 0.6))
        #expect(end.text("state") == (score >= 0.6 ? "succeeded" : "rejected"), "\(end)")
        #expect(end["result"] == end["steps"]?[1]?["jobs"]?[0]?["result"] && world.taken("fal") == 2)
        #expect(try await router.artefact(of: end).starts(with: [0x89, 0x50, 0x4E, 0x47]))
      }
    }
  }

  @Test("A vendor that dies in the middle: the step goes over to the next, and the recipe goes on")
  func dyingVendor() async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.fal, Self.enlarger, Self.sandboxModel("super_resolution, quality_review")],
      providers: [Self.sandbox],
      faults: ["{fault: server_error, vendor: fal, on: submit, calls: [2, 3, 4, 5, 6, 7, 8, 9]}"])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let end = try await router.generate(
          "image_generation", ["recipe": "reviewed-picture", "input": ["prompt": "a fox in the snow"]])
        #expect(Self.states(end) == ["succeeded", "succeeded", "succeeded"], "\(end)")
        #expect(Self.executed(end, 0) == ["fal/flux-dev"] && Self.executed(end, 1) == ["sandbox/steady"])
        #expect(world.taken("fal") == 1)
        let job = try #require(end["steps"]?[1]?["jobs"]?[0]?["job"]?.stringValue)
        let attempts = try await router.client.get("/v1/jobs/\(job)")["attempts"]?.arrayValue
        #expect(attempts?.map { $0.text("provider") } == ["fal", "sandbox"])
      }
    }
  }

  @Test("A model that vanishes between two steps is replaced by the next, without touching the recipe")
  func vanishedModel() async throws {
    let plan = StreetWorld.Plan(
      models: [StreetModel.fal, Self.enlarger, Self.sandboxModel("super_resolution, quality_review")],
      providers: [Self.sandbox], run: 1_500)
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        let id = try await router.submit(
          generation: "image_generation",
          ["recipe": "reviewed-picture", "input": ["prompt": "a fox in the snow"]])
        #expect(await eventually { world.taken("fal") == 1 })
        let before = router.service.snapshot.catalogue.value
        let after = try Catalogue(
          providers: before.providers, candidates: before.candidates.filter { $0.id != "fal/clarity" })
        _ = try await router.service.stock(after, from: .request)
        #expect(await router.executors.catalogue.follow(after))
        _ = try await router.client.post("/v1/epochs")
        let end = try await router.finish(generation: id)
        #expect(Self.states(end) == ["succeeded", "succeeded", "succeeded"], "\(end)")
        #expect(Self.executed(end, 1) == ["sandbox/steady"] && world.taken("fal") == 1)
        #expect(end["recipe"]?["version"] == 1)
        #expect(try await router.client.get("/v1/recipes/reviewed-picture")["version"] == 1)
      }
    }
  }

  @Test("Killed in the second step: the next router goes on there, and buys nothing twice")
  func killed() async throws {
    let plan = StreetWorld.Plan(models: [StreetModel.fal, Self.animator], run: 1_000)
    try await StreetWorld.open(plan) { world in
      let first = try await world.start()
      let id = try await first.submit(
        generation: "image_to_video", ["input": ["prompt": "a fox in the snow"]])
      // The job itself is on disk as taken on: a vendor without a list is not asked for it a second time.
      let isReached = await eventually {
        let jobs = (try? first.ledger.jobs(states: [.running], before: nil, limit: 9)) ?? []
        return jobs.contains { $0.capability == .imageToVideo }
      }
      #expect(isReached)
      await first.kill()
      try await world.serving { second in
        let end = try await second.finish(generation: id)
        #expect(end.text("state") == "succeeded", "\(end)")
        #expect(Self.states(end) == ["succeeded", "succeeded"])
        #expect(world.taken("fal") == 1 && world.taken("runway") == 1)
        #expect(try await second.artefact(of: end).count > 40)
        let jobs = try await second.client.get("/v1/jobs")["jobs"]?.arrayValue
        #expect(jobs?.count == 2)
      }
    }
  }

  @Test(
    "A script is written, spoken and shown, and composed to a film by the machine's ffmpeg",
    .enabled(
      if: ProcessInfo.processInfo.environment["PATH"].map(LocalServiceTests.hasFFmpeg) ?? false,
      "needs Debian's package ffmpeg"))
  func narratedFilm() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "film-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let workbench = try Workbench(
      CompositorSettings(folder: folder + "/work"), transport: try HTTPTransport(), logger: StreetWorld.logger
    )
    let (ports, told) = AsyncStream<Int>.makeStream()
    let server = CompositionServer.application(
      workbench, host: "127.0.0.1", port: 0, logger: StreetWorld.logger
    ) { told.yield($0) }
    let run = Task { try await server.run() }
    let port = try #require(await ports.first { _ in true })
    let plan = StreetWorld.Plan(
      models: [Self.writer, Self.speaker, StreetModel.fal, LocalServiceTests.ffmpeg],
      providers: [LocalServiceTests.provider("ffmpeg", "http://127.0.0.1:\(port)")])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        #expect(try await LocalServiceTests.checked("ffmpeg", router) == "healthy")
        let end = try await router.generate(
          "video_composition",
          [
            "recipe": "narrated-film", "input": ["prompt": "lighthouses", "width": 160, "height": 90],
            "deadline_s": 120,
          ])
        #expect(end.text("state") == "succeeded", "\(end)")
        let counts = end["steps"]?.arrayValue?.compactMap { $0["jobs"]?.arrayValue?.count } ?? []
        try #require(counts.count == 5)
        let parts = counts[1]
        #expect(counts == [1, parts, parts, parts, 1] && parts >= 1)
        // Every piece of the script was spoken as it stands.
        let script = try #require(end["steps"]?[0]?["jobs"]?[0]?["result"]?["text"]?.stringValue)
        #expect(TextSplit.characters(240).parts(of: script).count == parts)
        let file = folder + "/film.mp4"
        try Data(try await router.artefact(of: end)).write(to: URL(fileURLWithPath: file))
        let facts = try LocalServiceTests.run(
          "ffprobe",
          ["-v", "error", "-show_entries", "stream=codec_type:format=duration", "-of", "csv=p=0", file])
        let lines = facts.split(separator: "\n").map(String.init)
        #expect(lines.contains("video") && lines.contains("audio"))
        // As long as its words last: the street speaks a letter in 20 ms.
        let length = try #require(lines.last.flatMap { Double($0) })
        let spoken = Double(TextSplit.characters(240).parts(of: script).reduce(0) { $0 + $1.count }) * 0.02
        #expect(abs(length - spoken) < 0.5 + 0.1 * Double(parts), "\(length) and \(spoken)")
      }
    }
    await workbench.close()
    run.cancel()
    _ = await run.result
  }
}

extension StreetWorld.Router {
  /// - Returns: the generation's id.
  func submit(generation capability: String, _ body: JSONValue) async throws -> String {
    let taken = try await client.post("/v1/generate/\(capability)", body)
    return try #require(taken["id"]?.stringValue)
  }

  func finish(generation id: String) async throws -> JSONValue {
    await executors.generations.wait(for: try #require(Identifier(id)), atMost: .seconds(100))
    return try await client.get("/v1/generations/\(id)")
  }

  func generate(_ capability: String, _ body: JSONValue) async throws -> JSONValue {
    try await finish(generation: try await submit(generation: capability, body))
  }
}
