import Composition
import Compositor
import Foundation
import Logging
import ServiceLifecycle
import Testing
import Transport
import Wire

/// The service on a free port of the loopback while a test runs, and the calls that tests make on it.
struct OpenCompositor: Sendable {
  let root: String
  let folder: String
  let workbench: Workbench
  let transport: HTTPTransport

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Whether this machine has what the real thing needs.
  static let hasFFmpeg = ["ffmpeg", "ffprobe"].allSatisfy { find($0) != nil }
  static let lacking = Comment(
    "needs Debian's package ffmpeg: type .ci/setup-tests or sudo apt-get install ffmpeg")

  static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static func run(
    _ change: (inout CompositorSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (OpenCompositor) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "compose-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = CompositorSettings(folder: folder)
    change(&settings)
    try await open(settings, body)
  }

  static func open(
    _ settings: CompositorSettings, _ body: @escaping @Sendable (OpenCompositor) async throws -> Void
  ) async throws {
    let transport = try HTTPTransport()
    let workbench = try Workbench(settings, transport: transport, logger: logger)
    let (ports, source) = AsyncStream<Int>.makeStream()
    let application = CompositionServer.application(workbench, host: "127.0.0.1", port: 0, logger: logger) {
      source.yield($0)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { source.finish() }
        try await application.run()
      }
      guard let port = await ports.first(where: { _ in true }) else {
        try await group.waitForAll()
        throw CancellationError()
      }
      let open = OpenCompositor(
        root: "http://127.0.0.1:\(port)", folder: settings.folder, workbench: workbench, transport: transport)
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(open))
      } catch {
        result = .failure(error)
      }
      // When it has answered, whoever came before has been let in: a server that is closed while it lets somebody in
      // ends the process.
      _ = try? await HTTPTransport().answer(open.call("GET", "/health"))
      await workbench.close()
      group.cancelAll()
      try result.get()
    }
  }

  // MARK: Calls

  func call(_ method: String, _ path: String, _ body: CallBody = .none, headers: HeaderFields = [:])
    -> OutboundCall
  {
    let port = Int(root.split(separator: ":").last ?? "") ?? 80
    return OutboundCall(
      method, root + path, headers: headers, body: body,
      policy: OutboundPolicy(
        hosts: nil, schemes: [.http], ports: [port], allowedRanges: [AddressRange("127.0.0.0/8")!]))
  }

  func send(
    _ method: String, _ path: String, _ json: JSONValue? = nil, headers: HeaderFields = [:]
  ) async throws -> (status: Int, json: JSONValue) {
    let answer = try await transport.answer(
      call(method, path, json.map { .bytes($0.serialized()) } ?? .none, headers: headers))
    return (answer.status, try JSONValue.parse(answer.body))
  }

  /// Sends a file, and gives what names it.
  func upload(_ path: String) async throws -> JSONValue {
    let answer = try await transport.answer(call("POST", "/v1/uploads", .file(path: path)))
    try #require(answer.status == 201)
    return try #require(try JSONValue.parse(answer.body)["upload"])
  }

  /// Orders a composition and gives its id.
  func order(_ json: JSONValue) async throws -> String {
    let (status, answer) = try await send("POST", "/v1/compositions", json)
    try #require(status == 202, "\(answer)")
    return try #require(answer["id"]?.stringValue)
  }

  func state(_ id: String) async throws -> JSONValue { try await send("GET", "/v1/compositions/\(id)").json }

  /// Waits until a composition is in one of some states; encoding takes its time on a busy machine.
  func wait(_ id: String, _ states: Set<String> = ["succeeded", "failed", "canceled"]) async throws
    -> JSONValue
  {
    for _ in 0..<6_000 {
      let now = try await state(id)
      if let state = now["state"]?.stringValue, states.contains(state) { return now }
      try await Task.sleep(for: .milliseconds(10))
    }
    return try await state(id)
  }
}

/// The machine's ffmpeg, to make what tests compose and to look at what came out.
enum FFmpeg {
  @discardableResult
  static func run(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: try #require(OpenCompositor.find(name)))
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(name) \(arguments)")
    return String(decoding: data, as: UTF8.self)
  }

  /// A film of a test pattern, with a tone where it has a pitch.
  static func film(_ path: String, seconds: Double, size: String = "160x120", pitch: Int? = nil) throws {
    let sound =
      pitch.map { ["-f", "lavfi", "-i", "sine=frequency=\($0):duration=\(seconds)", "-c:a", "aac"] } ?? []
    try run(
      "ffmpeg",
      ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=\(size):rate=25:duration=\(seconds)"] + sound
        + ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-f", "mp4", path])
  }

  static func picture(_ path: String, colour: String = "red", size: String = "64x64") throws {
    try run(
      "ffmpeg",
      [
        "-v", "error", "-y", "-f", "lavfi", "-i", "color=\(colour):size=\(size)", "-frames:v", "1", "-f",
        "image2", path,
      ]
    )
  }

  /// What ffprobe says of a file: streams and format.
  static func probe(_ path: String) throws -> JSONValue {
    try JSONValue.parse(
      Array(
        try run("ffprobe", ["-v", "error", "-show_streams", "-show_format", "-print_format", "json", path])
          .utf8))
  }

  /// One pixel of a film at a time, as red, green and blue.
  static func pixel(_ path: String, at second: Double, x: Int, y: Int) throws -> [UInt8] {
    let output = path + ".rgb"
    try run(
      "ffmpeg",
      [
        "-v", "error", "-y", "-ss", "\(second)", "-i", path, "-frames:v", "1", "-vf",
        "format=rgb24,crop=2:2:\(x):\(y)", "-f", "rawvideo", output,
      ])
    return Array([UInt8](try Data(contentsOf: URL(fileURLWithPath: output))).prefix(3))
  }
}
