import Compositor
import Foundation
import Jobs
import Routing
import Serving
import ServiceLifecycle
import TestSupport
import Testing
import Transport
import VendorStreet
import Wire

@testable import pointsman

/// Services on one's own machine: what they say of themselves, and work from the order to the file.
@Suite("Local services")
struct LocalServiceTests {
  static let chatterbox =
    "id: chatterbox/base, capabilities: [text_to_speech, voice_cloning], price: {per_request: 0}"
  static let whisper = "id: whisper/large-v3, capabilities: [speech_to_text], price: {per_request: 0}"
  static let ffmpeg = "id: ffmpeg/compose, capabilities: [video_composition], price: {per_request: 0}"

  static func provider(_ id: String, _ base: String) -> String {
    "id: \(id), kind: local, base_url: \"\(base)\""
  }

  /// What a router says of a provider that it runs with.
  static func live(_ id: String, _ router: StreetWorld.Router) async throws -> JSONValue {
    let providers = try await router.client.get("/v1/providers")["providers"]?.arrayValue ?? []
    return try #require(providers.first { $0["id"]?.stringValue == id }?["live"])
  }

  /// Waits until a service has been checked.
  static func checked(_ id: String, _ router: StreetWorld.Router) async throws -> String? {
    _ = try await eventually { try await live(id, router)["service"]?["status"]?.stringValue != nil }
    return try await live(id, router)["service"]?["status"]?.stringValue
  }

  /// A recording as a data URL: silence of a length that tells one from another.
  static func recording(_ samples: Int) -> JSONValue {
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let head =
      Array("RIFF".utf8) + little(36 + samples, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
      + little(1, 2) + little(8_000, 4) + little(8_000, 4) + little(1, 2) + little(8, 2) + Array("data".utf8)
    let bytes = head + little(samples, 4) + Array(repeating: 128, count: samples)
    return .string("data:audio/x-wav;base64," + Data(bytes).base64EncodedString())
  }

  @Test("Chatterbox speaks, in a voice of its own and in that of a recording; Whisper writes down")
  func speech() async throws {
    let plan = StreetWorld.Plan(
      models: [Self.chatterbox, Self.whisper],
      providers: [
        Self.provider("chatterbox", "ROOT/local/chatterbox"), Self.provider("whisper", "ROOT/local/whisper"),
      ])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        for id in ["chatterbox", "whisper"] {
          #expect(try await Self.checked(id, router) == "healthy")
          #expect(try await Self.live(id, router)["service"]?["detail"] == .null)
        }
        #expect(try await Self.live("openai", router)["service"] == .null, "it is no service of one's own")
        var voices: [[UInt8]] = []
        for (capability, more) in [
          ("text_to_speech", [JSONValue.Member("voice", "anna")]),
          ("voice_cloning", [.init("audio_url", Self.recording(800))]),
          ("voice_cloning", [.init("audio_url", Self.recording(1_600))]),
        ] {
          let input = [JSONValue.Member("prompt", "the fox is in the snow")] + more
          let job = try await router.done(capability, .object(input))
          #expect(job["state"]?.stringValue == "succeeded", "\(job)")
          #expect(job["executed"]?.stringValue == "chatterbox/base" && job["cost_usd"]?.doubleValue == 0)
          voices.append(try await router.artefact(of: job))
        }
        #expect(voices.allSatisfy { $0.starts(with: Array("RIFF".utf8)) })
        #expect(Set(voices).count == 3, "another recording is another voice")
        let heard = try await router.done(
          "speech_to_text", ["prompt": "a fox", "audio_url": Self.recording(8_000), "language": "de"])
        #expect(heard["state"]?.stringValue == "succeeded", "\(heard)")
        #expect(heard["result"]?["text"]?.stringValue?.isEmpty == false)
        #expect(world.taken("local") == 4)
      }
    }
  }

  @Test("A service that nobody has started is an error, and is sent nothing; what it lacks is said")
  func notStarted() async throws {
    let port = try FreePort.next()
    let plan = StreetWorld.Plan(
      models: [
        Self.chatterbox, "id: openai/gpt-4o-mini-tts, model: gpt-4o-mini-tts, capabilities: [text_to_speech]",
      ],
      providers: [Self.provider("chatterbox", "http://127.0.0.1:\(port)")])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        #expect(try await Self.checked("chatterbox", router) == "error")
        let live = try await Self.live("chatterbox", router)
        #expect(
          live["health"]?.stringValue == "down" && live["service"]?["detail"]?.stringValue?.isEmpty == false)
        let obstacle = live["candidates"]?[0]?["obstacle"]
        #expect(obstacle?["kind"]?.stringValue == "down")
        // It would be the first choice.
        let job = try await router.done("text_to_speech", ["prompt": "the fox is in the snow"])
        #expect(job["executed"]?.stringValue == "openai/gpt-4o-mini-tts", "\(job)")
        #expect(job["attempts"]?.arrayValue?.count == 1)
      }
    }
  }

  @Test(
    "A film is composed by the machine's ffmpeg, from the order to the file",
    .enabled(
      if: ProcessInfo.processInfo.environment["PATH"].map(hasFFmpeg) ?? false, "needs Debian's package ffmpeg"
    ))
  func composition() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "local-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let clips = try (1...2).map { try Self.clip(seconds: $0, in: folder) }
    let workbench = try Workbench(
      CompositorSettings(folder: folder + "/work"), transport: try HTTPTransport(), logger: StreetWorld.logger
    )
    let (ports, told) = AsyncStream<Int>.makeStream()
    let server = CompositionServer.application(
      workbench, host: "127.0.0.1", port: 0, logger: StreetWorld.logger
    ) {
      told.yield($0)
    }
    let run = Task { try await server.run() }
    let port = try #require(await ports.first { _ in true })
    let plan = StreetWorld.Plan(
      models: [Self.ffmpeg], providers: [Self.provider("ffmpeg", "http://127.0.0.1:\(port)")])
    try await StreetWorld.open(plan) { world in
      try await world.serving { router in
        #expect(try await Self.checked("ffmpeg", router) == "healthy")
        let job = try await router.done(
          "video_composition",
          [
            "prompt": "two patterns, one after the other", "video_urls": .array(clips), "width": 160,
            "height": 90,
            "vendor": ["overlays": [["text": "fjords", "size": 20]], "fps": 10],
          ])
        #expect(job["state"]?.stringValue == "succeeded", "\(job)")
        #expect(job["executed"]?.stringValue == "ffmpeg/compose" && job["cost_usd"]?.doubleValue == 0)
        let film = try await router.artefact(of: job)
        #expect(film.dropFirst(4).starts(with: Array("ftyp".utf8)))
        let file = folder + "/film.mp4"
        try Data(film).write(to: URL(fileURLWithPath: file))
        let facts = try Self.run(
          "ffprobe",
          ["-v", "error", "-show_entries", "stream=width,height:format=duration", "-of", "csv=p=0", file])
        let lines = facts.split(separator: "\n")
        #expect(lines.first == "160,90")
        let length = try #require(lines.last.flatMap { Double($0) })
        #expect(abs(length - 3) < 0.15, "one second and two")
        // The caller's fault is told, with the place, and nobody else is asked.
        let bad = try await router.done(
          "video_composition", ["prompt": "x", "vendor": ["clips": [["url": clips[0], "start_s": 9]]]])
        #expect(bad["state"]?.stringValue == "failed")
        #expect(bad["error"]?["class"]?.stringValue == "caller_error", "\(bad)")
        #expect("\(bad)".contains("/clips/0/start_s"))
      }
    }
    await workbench.close()
    run.cancel()
    _ = await run.result
  }

  static func hasFFmpeg(_ path: String) -> Bool {
    path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/ffprobe") }
  }

  /// A film of a test pattern as a data URL.
  static func clip(seconds: Int, in folder: String) throws -> JSONValue {
    let path = "\(folder)/clip-\(seconds).mp4"
    try run(
      "ffmpeg",
      [
        "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x36:rate=10:duration=\(seconds)", "-c:v",
        "libx264",
        "-preset", "ultrafast", "-pix_fmt", "yuv420p", path,
      ])
    return .string(
      "data:video/mp4;base64," + (try Data(contentsOf: URL(fileURLWithPath: path))).base64EncodedString())
  }

  @discardableResult
  static func run(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}
