import Composition
import Compositor
import Foundation
import Synchronization
import Testing
import Transport
import Wire

/// What needs no ffmpeg.
@Suite("What the composition service refuses")
struct CompositorRefusalTests {
  @Test("Without ffmpeg its health is an error that says what to do, and a composition fails for its sake")
  func missing() async throws {
    try await OpenCompositor.run {
      $0.ffmpeg = "/nowhere/ffmpeg"
    } _: { open in
      let (status, json) = try await open.send("GET", "/health")
      #expect(status == 500 && json["status"] == "error" && json["ffmpeg"] == .null)
      #expect(json["detail"]?.stringValue?.contains("--ffmpeg") == true)
      let done = try await open.wait(try await open.order(["clips": ["data:text/plain,x"]]))
      #expect(done["state"] == "failed" && done["error"]?["code"] == "out_of_service")
    }
  }

  @Test("A bad order is refused with every field that is wrong")
  func orders() async throws {
    try await OpenCompositor.run { open in
      let (status, json) = try await open.send(
        "POST", "/v1/compositions", ["clips": ["ftp://a.example/a"], "speed": 2])
      #expect(status == 400 && json["type"] == "urn:pointsman:compose:invalid-request")
      let pointers = (json["errors"]?.arrayValue ?? []).compactMap { $0["pointer"]?.stringValue }
      #expect(pointers == ["/clips/0/url", "/speed"])
      let broken = try await open.transport.answer(open.call("POST", "/v1/compositions", .text("{")))
      #expect(broken.status == 400)
      #expect(try await open.send("GET", "/v1/compositions/none").status == 404)
      #expect(try await open.send("DELETE", "/v1/compositions/none").status == 404)
      #expect(try await open.send("GET", "/elsewhere").json["type"] == "urn:pointsman:compose:not-found")
    }
  }

  @Test("An input at a private address is not fetched unless its host is named")
  func privateAddresses() async throws {
    try await OpenCompositor.run { open in
      for url in [open.root + "/health", "http://169.254.169.254/latest", "https://127.0.0.1/x"] {
        let done = try await open.wait(try await open.order(["clips": [.string(url)]]))
        #expect(done["state"] == "failed" && done["error"]?["code"] == "invalid_input")
        #expect(done["error"]?["message"]?.stringValue?.contains("--allow") == true, "\(done)")
      }
    }
    #expect(
      AllowedHost("127.0.0.1:8080")?.port == 8_080 && AllowedHost("Media.Local:80")?.name == "media.local")
    for text in ["127.0.0.1", "a:0", "a:x", "http://a:80", "a b:80", ":80"] {
      #expect(AllowedHost(text) == nil)
    }
  }

  @Test("Uploads and inputs beyond the limits are refused")
  func limits() async throws {
    try await OpenCompositor.run {
      $0.limits.inputBytes = 1_000
      $0.limits.totalBytes = 1_500
      $0.uploads = 1
    } _: { open in
      let large = try await open.transport.answer(
        open.call("POST", "/v1/uploads", .bytes(Array(repeating: 0, count: 1_001))))
      #expect(large.status == 413)
      let empty = try await open.transport.answer(open.call("POST", "/v1/uploads", .bytes([])))
      #expect(empty.status == 400)
      let good = try await open.transport.answer(open.call("POST", "/v1/uploads", .bytes([1])))
      #expect(good.status == 201)
      let second = try await open.transport.answer(open.call("POST", "/v1/uploads", .bytes([1])))
      #expect(second.status == 429 && second.headers["retry-after"] == "60")
      let kilobyte = "data:text/plain," + String(repeating: "x", count: 900)
      let both = try await open.wait(try await open.order(["clips": [.string(kilobyte), .string(kilobyte)]]))
      #expect(both["error"]?["errors"]?[0]?["pointer"] == "/clips/1", "1,500 bytes in all")
      let lost = try await open.wait(try await open.order(["clips": ["upload:none"]]))
      #expect(lost["error"]?["message"]?.stringValue?.contains("/v1/uploads") == true)
    }
  }

  @Test("The same key brings the same composition, and another order under it is refused")
  func keys() async throws {
    try await OpenCompositor.run { open in
      let order: JSONValue = ["clips": ["data:text/plain,x"]]
      let first = try await open.send("POST", "/v1/compositions", order, headers: ["Idempotency-Key": "k"])
      let again = try await open.send("POST", "/v1/compositions", order, headers: ["Idempotency-Key": "k"])
      #expect(first.status == 202 && first.json["id"] == again.json["id"])
      let other = try await open.send(
        "POST", "/v1/compositions", ["clips": ["data:text/plain,y"]], headers: ["Idempotency-Key": "k"])
      #expect(other.status == 409)
      #expect(try await open.send("GET", "/v1/compositions").json["compositions"]?.arrayValue?.count == 1)
    }
  }

  @Test("A folder with uploads of somebody else's is not cleared, but refused")
  func strangeFolder() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "mine-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let uploads = folder.appending(path: "uploads")
    try FileManager.default.createDirectory(at: uploads, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: uploads.appending(path: "letter.txt"))
    let error = #expect(throws: (any Error).self) {
      _ = try Workbench(
        CompositorSettings(folder: folder.path), transport: try HTTPTransport(), logger: OpenCompositor.logger
      )
    }
    #expect("\(error!)".contains("--folder"))
    #expect(try String(contentsOf: uploads.appending(path: "letter.txt"), encoding: .utf8) == "mine")
  }

  @Test("A folder in which another service works is refused, and nothing of anybody else's is closed")
  func takenFolder() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "taken-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let transport = try HTTPTransport()
    func workbench() throws -> Workbench {
      try Workbench(
        CompositorSettings(folder: folder.path), transport: transport, logger: OpenCompositor.logger)
    }
    let owner = try workbench()
    // A number that is closed twice is this one's in between, once in some hundred times.
    let neighbour = Neighbour()
    defer { neighbour.isDone.store(true, ordering: .relaxed) }
    var refusals = 0
    for _ in 0..<10_000 {
      do {
        _ = try workbench()
      } catch {
        refusals += "\(error)".contains("another service works in it") ? 1 : 0
      }
    }
    #expect(refusals == 10_000)
    #expect(neighbour.losses.load(ordering: .relaxed) == 0)
    withExtendedLifetime(owner) {}
  }
}

/// Opens and closes a file again and again, and counts how often somebody else has closed it.
private final class Neighbour: Sendable {
  let isDone = Atomic(false)
  let losses = Atomic(0)

  init() {
    Thread.detachNewThread { [self] in
      while !isDone.load(ordering: .relaxed) {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        for _ in 0..<20 where fcntl(file, F_GETFD) < 0 { losses.add(1, ordering: .relaxed) }
        close(file)
      }
    }
  }
}
